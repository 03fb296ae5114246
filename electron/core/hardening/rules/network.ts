/** Whom it reaches, and who reaches it. */
import { isIP } from "node:net";
import { cis, none, ok, owasp, policy, type Rule } from "./rule.ts";

function isLoopback(address: string): boolean {
  return (isIP(address) === 4 && address.startsWith("127.")) || address === "::1";
}

export const networkRules: readonly Rule[] = [
  policy({
    id: "host-network",
    severity: "critical",
    sources: [cis("5.10"), owasp(5)],
    fields: ["network"],
    check: (posture) => ok(posture.network !== "host"),
  }),
  policy({
    id: "publish-public",
    severity: "critical",
    sources: [cis("5.14"), "own"],
    fields: ["publish"],
    check: ({ published }) =>
      none(
        published
          .filter(({ address }) => !isLoopback(address))
          .map((port) => `${port.address || "0.0.0.0"}:${port.hostPort}`),
        "addresses",
      ),
  }),
  policy({
    id: "network-isolated",
    severity: "medium",
    sources: [cis("5.30"), owasp(5)],
    fields: ["network"],
    check: (posture) => ok(posture.network === "isolated", { network: posture.network }),
  }),
  policy({
    id: "publish-privileged",
    severity: "low",
    sources: [cis("5.8")],
    fields: ["publish"],
    check: ({ published }) =>
      none(
        published.map(({ hostPort }) => hostPort).filter((port) => port > 0 && port < 1024),
        "ports",
      ),
  }),
  policy({
    id: "publish-dropped",
    severity: "low",
    sources: ["own"],
    fields: ["publish", "network"],
    check: ({ published, network: kind }) =>
      none(kind === "isolated" ? published.map(({ containerPort }) => containerPort) : [], "ports"),
  }),
];
