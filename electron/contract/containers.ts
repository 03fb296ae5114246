import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import {
  change,
  containerId,
  engineErrors,
  environmentName,
  hostErrors,
  hostId,
  launchErrors,
  problem,
  read,
  secretErrors,
  secretName,
  time,
} from "./base.ts";

/** Which secret, never its value. `version` is left out for "the newest". */
export const secretRef = z.strictObject({
  environment: environmentName,
  name: secretName,
  version: z.number().int().positive().optional(),
});
export type SecretRef = z.infer<typeof secretRef>;

export const severity = z.enum(["critical", "high", "medium", "low"]);
export type Severity = z.infer<typeof severity>;

/** What one can ask of a container: answers, tensors, a notebook, or nothing. */
export const containerKind = z.enum(["chat", "infer", "notebook", "none"]);
export type ContainerKind = z.infer<typeof containerKind>;

/** One rule of the hardening policy, judged. Words are in the catalogue: `rule.<id>.title`, `rule.<id>.why`, `rule.<id>.fix`. */
export const finding = z.object({
  rule: z.string(),
  severity,
  status: z.enum(["pass", "fail", "relaxed", "expired"]),
  /** Fields of the spec that decide it. */
  fields: z.array(z.string()),
  /** Where the rule comes from: `CIS Docker 1.6.0 5.4`, `OWASP Docker Security #3`. */
  sources: z.array(z.string()),
  /** What was found, for the text's placeholders. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  relaxation: z.object({ reason: z.string(), until: z.string() }).nullable(),
});
export type Finding = z.infer<typeof finding>;

const absolutePath = z
  .string()
  .max(4096)
  .regex(/^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\0:]*$/);

/** A volume of the engine, by its name: what is in it outlives the container. */
const volumeName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/);

export const launchSpec = z.strictObject({
  hostId,
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$/),
  template: z.string().max(64),
  environment: environmentName,
  /** `name@sha256:…` or `name:tag`; a tag is resolved to its digest before it is started. */
  image: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[a-z0-9]+(?:[._/:-][A-Za-z0-9_]+|-{2}[A-Za-z0-9]+|@sha256:[0-9a-f]{64})*$/),
  command: z.array(z.string().max(4096)).max(64),
  /** Plain settings; a value that looks like a secret is a finding. */
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768)),
  /** GPU UUIDs (`GPU-…`, `MIG-…`). */
  gpus: z.array(z.string().regex(/^(?:GPU|MIG)-[A-Za-z0-9/-]{4,64}$/)).max(16),
  secrets: z.array(z.strictObject({ ref: secretRef, delivery: z.enum(["auto", "memory", "file"]) })).max(64),
  user: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9_.-]+(?::[A-Za-z0-9_.-]+)?$/),
  readOnlyRoot: z.boolean(),
  noNewPrivileges: z.boolean(),
  privileged: z.boolean(),
  init: z.boolean(),
  seccomp: z.enum(["default", "unconfined"]),
  capAdd: z.array(z.string().regex(/^[A-Z_]{2,40}$/)).max(40),
  memoryBytes: z
    .number()
    .int()
    .min(6 * 2 ** 20)
    .max(2 ** 45)
    .nullable(),
  cpus: z.number().min(0.01).max(1024).nullable(),
  pidsLimit: z.number().int().min(1).max(4_194_304).nullable(),
  shmBytes: z
    .number()
    .int()
    .min(2 ** 16)
    .max(2 ** 42),
  tmpfs: z
    .array(
      z.strictObject({
        path: absolutePath,
        sizeBytes: z
          .number()
          .int()
          .min(4096)
          .max(2 ** 42),
        exec: z.boolean(),
      }),
    )
    .max(16),
  mounts: z
    .array(z.strictObject({ source: z.union([absolutePath, volumeName]), target: absolutePath, readOnly: z.boolean() }))
    .max(32),
  network: z.enum(["isolated", "bridge", "host"]),
  publish: z
    .array(
      z.strictObject({
        address: z.string().max(64),
        hostPort: z.number().int().min(0).max(65535),
        containerPort: z.number().int().min(1).max(65535),
      }),
    )
    .max(16),
  restart: z.enum(["no", "on-failure", "always", "unless-stopped"]),
  logMaxMiB: z.number().int().min(1).max(10_240),
  logFiles: z.number().int().min(1).max(100),
  /** What the model server is told to load; null for images that are no model server. */
  model: z
    .strictObject({
      backend: z.string().max(200),
      engineParams: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    })
    .nullable(),
  /** A failed rule is let pass for a reason and until a day (`YYYY-MM-DD`). */
  relaxations: z
    .array(z.strictObject({ rule: z.string().max(64), reason: z.string().trim().min(3).max(500), until: z.iso.date() }))
    .max(64),
});
export type LaunchSpec = z.infer<typeof launchSpec>;

export const template = z.object({
  id: z.string(),
  kind: containerKind,
  gpu: z.enum(["none", "optional", "required"]),
  /** Names that such a container usually wants. */
  wants: z.array(z.string()),
  /** Ways of injection that the image supports, strongest first. */
  delivery: z.array(z.enum(["memory", "file"])),
  /** Only offered on practice hosts. */
  practiceOnly: z.boolean(),
  /** The form's first values: a whole spec but for the host and the name. */
  spec: launchSpec.omit({ hostId: true, name: true }),
});
export type Template = z.infer<typeof template>;

export const plan = z.object({
  findings: z.array(finding),
  /** 0 to 100; 100 when every rule passes. */
  score: z.number().int().min(0).max(100),
  /** True when nothing stands in the way of a start. */
  allowed: z.boolean(),
  /** The same as a `docker run` line, references in place of secrets. */
  command: z.string(),
  /** Body of the engine's create call, for those who want to see it. */
  createBody: z.string(),
});
export type Plan = z.infer<typeof plan>;

export const proofPlace = z.object({
  place: z.enum(["inspect", "environment", "argv", "history", "labels", "files", "logs"]),
  /** False when the place could not be looked into; `note` says why. */
  looked: z.boolean(),
  note: z.string(),
  /** Bytes that were searched. */
  bytes: z.number().int(),
  hits: z.array(z.object({ secret: z.string(), encoding: z.string() })),
});

export const proof = z.object({
  at: time,
  /** Every place was looked into and none held a trace. */
  clean: z.boolean(),
  /** Names of the secrets that were looked for. */
  secrets: z.array(z.string()),
  places: z.array(proofPlace),
  durationMs: z.number(),
});
export type Proof = z.infer<typeof proof>;

/** Why a secret was given the way it was. Words are in the catalogue: `given.<why>`. */
export const deliveryReason = z.enum(["asked", "asked-strongest", "strongest-memory", "strongest-file", "not-text"]);
export type DeliveryReason = z.infer<typeof deliveryReason>;

export const givenSecret = z.object({
  ref: secretRef,
  delivery: z.enum(["memory", "file"]),
  why: deliveryReason,
  current: z.boolean(),
});
export type GivenSecret = z.infer<typeof givenSecret>;

export const containerRow = z.object({
  hostId,
  hostName: z.string(),
  environment: z.string(),
  simulated: z.boolean(),
  id: containerId,
  name: z.string(),
  image: z.string(),
  state: z.string(),
  status: z.string(),
  createdAt: time,
  /** Started by this console (any installation of it): it carries our labels. */
  managed: z.boolean(),
  template: z.string().nullable(),
  kind: containerKind,
  gpus: z.array(z.object({ uuid: z.string(), name: z.string() })),
  score: z.number().int().nullable(),
  /** Worst failing rule. */
  worst: severity.nullable(),
  secrets: z.array(givenSecret),
  proof: z.object({ at: time, clean: z.boolean(), traces: z.number().int() }).nullable(),
});
export type ContainerRow = z.infer<typeof containerRow>;

export const containerDetail = containerRow.extend({
  command: z.array(z.string()),
  user: z.string(),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  exitCode: z.number().int().nullable(),
  health: z.string().nullable(),
  restartCount: z.number().int(),
  addresses: z.record(z.string(), z.string()),
  ports: z.array(z.object({ container: z.string(), hostIp: z.string(), hostPort: z.number().int() })),
  mounts: z.array(z.object({ type: z.string(), source: z.string(), destination: z.string(), readOnly: z.boolean() })),
  findings: z.array(finding),
  fullProof: proof.nullable(),
  /** Masked JSON of the engine's inspect. */
  inspect: z.string(),
  startCommand: z.string(),
});
export type ContainerDetailView = z.infer<typeof containerDetail>;

export const launchStepId = z.enum([
  "judge",
  "check",
  "secrets",
  "network",
  "create",
  "start",
  "ready",
  "inject",
  "load",
  "prove",
]);
export type LaunchStepId = z.infer<typeof launchStepId>;

export const launchStep = z.object({
  id: launchStepId,
  state: z.enum(["waiting", "running", "done", "failed", "skipped", "undone"]),
  startedAt: time.nullable(),
  durationMs: z.number().nullable(),
  /**
   * Short evidence as it is (a digest, an id, an address), or `code` or `code: values`, whose words are in the
   * catalogue: `note.<code>`.
   */
  note: z.string(),
});

export const launchView = z.object({
  id: z.string(),
  hostId,
  hostName: z.string(),
  name: z.string(),
  simulated: z.boolean(),
  state: z.enum(["running", "done", "failed", "cancelled"]),
  startedAt: time,
  steps: z.array(launchStep),
  containerId: containerId.nullable(),
  problem: problem.nullable(),
  /** What could not be taken back, if anything; empty means that the host is as it was. */
  leftBehind: z.array(z.string()),
  warnings: z.array(z.string()),
  proof: proof.nullable(),
});
export type LaunchView = z.infer<typeof launchView>;

export const containerStats = z.object({
  at: time,
  cpuPercent: z.number().nullable(),
  memoryBytes: z.number(),
  memoryLimitBytes: z.number(),
  pids: z.number().int(),
});
export type ContainerStatsView = z.infer<typeof containerStats>;

export const imageRow = z.object({
  hostId,
  id: z.string(),
  tags: z.array(z.string()),
  digests: z.array(z.string()),
  sizeBytes: z.number(),
  createdAt: time,
});
export type ImageRow = z.infer<typeof imageRow>;

const one = z.strictObject({ hostId, containerId });

export const containers = {
  /** All hosts that are online, or one. A host that fails is in `problems`, not silently missing. */
  list: read
    .errors(hostErrors)
    .input(z.strictObject({ hostId: hostId.optional() }))
    .output(
      z.object({ rows: z.array(containerRow), problems: z.array(z.object({ hostId, hostName: z.string(), problem })) }),
    ),
  get: read
    .errors({ ...hostErrors, ...engineErrors })
    .input(one)
    .output(containerDetail),
  stats: read
    .errors({ ...hostErrors, ...engineErrors })
    .input(one)
    .output(eventIterator(containerStats)),
  templates: read
    .errors(hostErrors)
    .input(z.strictObject({ hostId: hostId.optional() }))
    .output(z.array(template)),
  images: read
    .errors({ ...hostErrors, ...engineErrors })
    .input(z.strictObject({ hostId }))
    .output(z.array(imageRow)),
  /** Judges a spec without touching the host. */
  plan: read
    .errors({ ...hostErrors, ...launchErrors })
    .input(launchSpec)
    .output(plan),
  /** Starts the launch and returns at once; it goes on when nobody watches. */
  launch: change("container.launch.request")
    .errors({ ...hostErrors, ...engineErrors, ...launchErrors, ...secretErrors })
    .input(launchSpec)
    .output(z.object({ launchId: z.string() })),
  start: change("container.start")
    .errors({ ...hostErrors, ...engineErrors, ...launchErrors, ...secretErrors })
    .input(one)
    .output(z.object({})),
  stop: change("container.stop")
    .errors({ ...hostErrors, ...engineErrors })
    .input(one)
    .output(z.object({})),
  restart: change("container.restart")
    .errors({ ...hostErrors, ...engineErrors, ...launchErrors, ...secretErrors })
    .input(one)
    .output(z.object({})),
  /** `confirm` must be the container's name. */
  remove: change("container.remove")
    .errors({ ...hostErrors, ...engineErrors, ...secretErrors })
    .input(z.strictObject({ hostId, containerId, confirm: z.string() }))
    .output(z.object({})),
  /** Looks for every secret it was given, now. */
  prove: change("container.prove")
    .errors({ ...hostErrors, ...engineErrors, ...secretErrors })
    .input(one)
    .output(proof),
};

export const launches = {
  list: read.output(z.array(launchView)),
  watch: read.input(z.strictObject({ launchId: z.string() })).output(eventIterator(launchView)),
  cancel: change("container.launch.cancel")
    .input(z.strictObject({ launchId: z.string() }))
    .output(z.object({})),
};
