/** What it sees of the host, and what it may write. */
import { isSensitivePath, isWithin, reachesEngineSocket } from "../paths.ts";
import { secretsDir } from "../posture.ts";
import { cis, none, ok, owasp, policy, type Rule } from "./rule.ts";

export const filesRules: readonly Rule[] = [
  policy({
    id: "engine-socket",
    severity: "critical",
    sources: [cis("5.32"), owasp(1)],
    fields: ["mounts"],
    relaxable: false,
    check: ({ mounts }) =>
      none(
        mounts.filter(({ source }) => source !== "" && reachesEngineSocket(source)).map(({ source }) => source),
        "paths",
      ),
  }),
  policy({
    id: "host-paths",
    severity: "critical",
    sources: [cis("5.6")],
    fields: ["mounts"],
    check: ({ mounts }) =>
      none(
        mounts.filter(({ source }) => source !== "" && isSensitivePath(source)).map(({ source }) => source),
        "paths",
      ),
  }),
  policy({
    id: "secrets-dir",
    severity: "critical",
    sources: ["own"],
    fields: ["mounts", "tmpfs"],
    relaxable: false,
    check: ({ mounts, tmpfs }) =>
      none(
        [
          ...mounts.map(({ target }) => target).filter((target) => isWithin(target, secretsDir)),
          ...tmpfs.map(({ path }) => path).filter((path) => isWithin(path, secretsDir)),
        ],
        "paths",
      ),
  }),
  policy({
    id: "read-only-root",
    severity: "high",
    sources: [cis("5.13"), owasp(8)],
    fields: ["readOnlyRoot"],
    check: (posture) => ok(posture.readOnlyRoot),
  }),
  policy({
    id: "mounts-read-only",
    severity: "medium",
    sources: [owasp(8), "own"],
    fields: ["mounts"],
    // What is written into a volume of the engine reaches no file of the host.
    check: ({ mounts }) =>
      none(
        mounts.filter((mount) => mount.source !== "" && !mount.readOnly).map(({ target }) => target),
        "paths",
      ),
  }),
  policy({
    id: "mount-propagation",
    severity: "medium",
    sources: [cis("5.20")],
    fields: ["mounts"],
    check: ({ mounts }) =>
      none(
        mounts.filter((mount) => mount.shared).map(({ target }) => target),
        "paths",
      ),
  }),
  policy({
    id: "tmpfs-noexec",
    severity: "medium",
    sources: [owasp(8), "own"],
    fields: ["tmpfs"],
    check: ({ tmpfs }) =>
      none(
        tmpfs.filter((entry) => entry.exec || !entry.safe).map(({ path }) => path),
        "paths",
      ),
  }),
  policy({
    id: "tmpfs-sized",
    severity: "low",
    sources: [owasp(7), "own"],
    fields: ["tmpfs"],
    check: ({ tmpfs }) =>
      none(
        tmpfs.filter((entry) => entry.sizeBytes === null).map(({ path }) => path),
        "paths",
      ),
  }),
  policy({
    id: "kernel-paths",
    severity: "high",
    sources: ["own"],
    fields: [],
    check: (posture) => ok(!posture.kernelPathsOpen),
  }),
  policy({
    id: "host-devices",
    severity: "medium",
    sources: [cis("5.18")],
    fields: [],
    check: ({ devices }) => none(devices, "devices"),
  }),
];
