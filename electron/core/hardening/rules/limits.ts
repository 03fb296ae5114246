/** How much it may take. */
import { cis, ok, owasp, policy, type Rule } from "./rule.ts";

export const limitsRules: readonly Rule[] = [
  policy({
    id: "memory-limit",
    severity: "medium",
    sources: [cis("5.11"), owasp(7)],
    fields: ["memoryBytes"],
    check: (posture) => ok(posture.memoryBytes !== null),
  }),
  policy({
    id: "cpu-limit",
    severity: "low",
    sources: [cis("5.12"), owasp(7)],
    fields: ["cpus"],
    check: (posture) => ok(posture.cpus !== null),
  }),
  policy({
    id: "pids-limit",
    severity: "medium",
    sources: [cis("5.29"), owasp(7)],
    fields: ["pidsLimit"],
    check: (posture) => ok(posture.pidsLimit !== null),
  }),
  policy({
    id: "core-dumps",
    severity: "low",
    sources: [cis("5.19"), "own"],
    fields: [],
    check: (posture) => ok(!posture.coreDumps),
  }),
  policy({
    id: "init",
    severity: "low",
    sources: ["own"],
    fields: ["init"],
    check: (posture) => ok(posture.init),
  }),
  policy({
    id: "shm",
    severity: "low",
    sources: ["own"],
    fields: ["shmBytes", "memoryBytes"],
    check: ({ shmBytes, memoryBytes }) => ok(memoryBytes === null || shmBytes <= memoryBytes, { shmBytes }),
  }),
  policy({
    id: "restart",
    severity: "low",
    sources: [cis("5.15"), owasp(7)],
    fields: ["restart"],
    check: ({ restart, restartTries }) =>
      ok(restart === "no" || (restart === "on-failure" && restartTries >= 1 && restartTries <= 5), { restart }),
  }),
  policy({
    id: "log-size",
    severity: "medium",
    sources: ["own"],
    fields: ["logMaxMiB", "logFiles"],
    // `local` rotates by itself; what journald and the rest keep is not the container's to say.
    check: ({ logDriver, logMaxMiB, logFiles }) =>
      logDriver !== "json-file" && logDriver !== ""
        ? ok(true, { driver: logDriver })
        : ok(logMaxMiB !== null && logMaxMiB * (logFiles ?? 1) <= 1024, {
            mebibytes: Math.ceil((logMaxMiB ?? 0) * (logFiles ?? 1)),
          }),
  }),
];
