/** Who the process is and what it may become. */
import { cis, list, none, ok, owasp, policy, type Rule } from "./rule.ts";

/** Root by any spelling of its name or number, as user or as group. */
function isRoot(name: string): boolean {
  return name === "root" || name === "toor" || (/^\d+$/.test(name) && Number(name) === 0);
}

export const identityRules: readonly Rule[] = [
  policy({
    id: "not-privileged",
    severity: "critical",
    sources: [cis("5.5"), owasp(3)],
    fields: ["privileged"],
    relaxable: false,
    check: (posture) => ok(!posture.privileged),
  }),
  policy({
    id: "user",
    severity: "high",
    sources: [cis("4.1"), owasp(2)],
    fields: ["user"],
    check: ({ user }) => ok(user !== "" && !user.split(":").some(isRoot), { user }),
  }),
  policy({
    id: "capabilities",
    severity: "high",
    sources: [cis("5.4"), owasp(3)],
    fields: ["capAdd"],
    check: ({ capDrop, capAdd }) =>
      ok(capAdd.length === 0 && capDrop.some((name) => name.toUpperCase() === "ALL"), { added: list(capAdd) }),
  }),
  policy({
    id: "no-new-privileges",
    severity: "high",
    sources: [cis("5.26"), owasp(4)],
    fields: ["noNewPrivileges"],
    check: (posture) => ok(posture.noNewPrivileges),
  }),
  policy({
    id: "seccomp",
    severity: "high",
    sources: [cis("5.22"), owasp(6)],
    fields: ["seccomp"],
    check: ({ seccomp }) => ok(seccomp !== "unconfined", { seccomp }),
  }),
  policy({
    id: "apparmor",
    severity: "medium",
    sources: [cis("5.2"), owasp(6)],
    fields: [],
    check: (posture) => ok(!posture.apparmorOff),
  }),
  policy({
    id: "host-namespaces",
    severity: "high",
    sources: [cis("5.16"), cis("5.17"), cis("5.21"), cis("5.31")],
    fields: [],
    check: ({ sharedNamespaces, network }) =>
      none(network === "shared" ? [...sharedNamespaces, "network"] : sharedNamespaces, "namespaces"),
  }),
];
