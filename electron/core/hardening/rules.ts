/**
 * The hardening policy as data. Numbers are those of the CIS Docker Benchmark 1.6.0 and of OWASP's Docker Security
 * Cheat Sheet (RULE #n); `own` are the console's. Words are in the renderer's catalogue: `rule.<id>.title|why|fix`.
 */
import { isIP } from "node:net";
import type { LaunchSpec, Severity } from "../../contract/containers.ts";
import type { ErrorCode } from "../../contract/errors.ts";
import type { FailureDetails } from "../failure.ts";
import { isSensitivePath, isWithin, reachesEngineSocket } from "./paths.ts";
import { type HardeningContext, type Posture, secretsDir } from "./posture.ts";
import { settingLooksSecret, textLooksSecret } from "./secretLike.ts";

export interface Verdict {
  pass: boolean;
  /** What was found; never a value of a setting. */
  details: FailureDetails;
}

export interface Rule {
  id: string;
  severity: Severity;
  sources: readonly string[];
  /** Fields of the spec that decide it. */
  fields: readonly (keyof LaunchSpec)[];
  /** False: no reason and no date let it pass. */
  relaxable: boolean;
  /**
   * `policy` rules judge any container. `fact` rules ask whether a start can work at all (a GPU that is not there);
   * they judge specs alone, and a launch that they stop fails with `failure`.
   */
  kind: "policy" | "fact";
  failure?: ErrorCode;
  check(posture: Posture, context: HardeningContext, spec: LaunchSpec | null): Verdict;
}

const cis = (number: string) => `CIS Docker 1.6.0 ${number}`;
const owasp = (number: number) => `OWASP Docker Security #${number}`;
const list = (items: readonly (string | number)[]) => [...new Set(items)].join(", ").slice(0, 300);
const ok = (pass: boolean, details: FailureDetails = {}): Verdict => ({ pass, details });
const none = (bad: readonly (string | number)[], name: string): Verdict =>
  bad.length === 0 ? ok(true) : ok(false, { [name]: list(bad) });

type Draft = Omit<Rule, "relaxable" | "kind"> & { relaxable?: false };
const policy = (draft: Draft): Rule => ({ relaxable: true, kind: "policy", ...draft });
const fact = (draft: Draft & { failure: ErrorCode }): Rule => ({ ...draft, relaxable: false, kind: "fact" });

/** Root by any spelling of its name or number, as user or as group. */
function isRoot(name: string): boolean {
  return name === "root" || name === "toor" || (/^\d+$/.test(name) && Number(name) === 0);
}

function isLoopback(address: string): boolean {
  return (isIP(address) === 4 && address.startsWith("127.")) || address === "::1";
}

const identity: readonly Rule[] = [
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

const files: readonly Rule[] = [
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
    check: ({ mounts }) =>
      none(
        mounts.filter((mount) => !mount.readOnly).map(({ target }) => target),
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

const network: readonly Rule[] = [
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

const limits: readonly Rule[] = [
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

const content: readonly Rule[] = [
  policy({
    id: "image-digest",
    severity: "medium",
    sources: [cis("5.28"), owasp(13)],
    fields: ["image"],
    check: ({ imagePinned, image }) => ok(imagePinned, { image }),
  }),
  policy({
    id: "env-secrets",
    severity: "high",
    sources: [owasp(12), "own"],
    fields: ["env"],
    check: ({ env }, context) =>
      none(
        env
          .filter(([name, value]) => settingLooksSecret(name, value) !== null || context.holdsSecret(value))
          .map(([name]) => name),
        "names",
      ),
  }),
  policy({
    id: "command-secrets",
    severity: "high",
    sources: [owasp(12), "own"],
    fields: ["command", "model"],
    check: ({ words }, context) => {
      const bad = words.filter((word) => textLooksSecret(word) !== null || context.holdsSecret(word));
      return bad.length === 0 ? ok(true) : ok(false, { count: bad.length });
    },
  }),
  policy({
    id: "gpu-by-uuid",
    severity: "medium",
    sources: ["own"],
    fields: ["gpus", "env"],
    check: ({ gpus, allGpus, env }) => {
      const byEnv = env.find(([name]) => name === "NVIDIA_VISIBLE_DEVICES")?.[1] ?? "";
      const loose = gpus.filter((id) => !/^(?:GPU|MIG)-/.test(id) && !/^nvidia\.com\/gpu=(?:GPU|MIG)-/.test(id));
      const named = byEnv !== "" && byEnv !== "void" && byEnv !== "none" && byEnv !== gpus.join(",");
      return none([...loose, ...(allGpus ? ["all"] : []), ...(named && gpus.length === 0 ? ["env"] : [])], "gpus");
    },
  }),
  policy({
    id: "secret-strength",
    severity: "medium",
    sources: ["own"],
    fields: ["secrets"],
    check: (_posture, context, spec) =>
      none(
        (spec?.secrets ?? []).filter(({ ref }) => context.secretState(ref) === "weak").map(({ ref }) => ref.name),
        "secrets",
      ),
  }),
];

const facts: readonly Rule[] = [
  fact({
    id: "name-free",
    severity: "high",
    sources: ["own"],
    fields: ["name"],
    failure: "NAME_TAKEN",
    check: ({ name }, { namesTaken }) => ok(namesTaken === null || !namesTaken.includes(name), { name }),
  }),
  fact({
    id: "gpu-toolkit",
    severity: "high",
    sources: ["own"],
    fields: ["gpus"],
    failure: "GPU_RUNTIME_MISSING",
    check: ({ gpus }, { gpuToolkit }) => ok(gpus.length === 0 || gpuToolkit !== false),
  }),
  fact({
    id: "gpu-known",
    severity: "high",
    sources: ["own"],
    fields: ["gpus"],
    failure: "GPU_NOT_FOUND",
    check: (posture, context) => {
      const known = context.gpus;
      return none(known === null ? [] : posture.gpus.filter((uuid) => !known.includes(uuid)), "gpu");
    },
  }),
  fact({
    id: "secret-known",
    severity: "high",
    sources: ["own"],
    fields: ["secrets"],
    failure: "SECRET_NOT_FOUND",
    check: (_posture, context, spec) =>
      none(
        (spec?.secrets ?? [])
          .filter(({ ref }) => context.secretState(ref) === "unknown")
          .map(({ ref }) => `${ref.environment}/${ref.name}`),
        "secret",
      ),
  }),
];

export const rules: readonly Rule[] = [...identity, ...files, ...network, ...limits, ...content, ...facts];
