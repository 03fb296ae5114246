import type {
  ContainerDetailView,
  ContainerKind,
  ContainerRow,
  DeliveryReason,
  Finding,
  GivenSecret,
  Proof,
  SecretRef,
  Severity,
} from "../../contract/containers.ts";
import type { ContainerDetail } from "../docker/index.ts";
import type { MaskGuard } from "../logs/index.ts";

/** What the launch room remembers of a container that this console started. */
export interface LaunchRecord {
  template: string;
  kind: ContainerKind;
  /** Each with the version that was given. */
  secrets: { ref: SecretRef; delivery: "memory" | "file"; why: DeliveryReason }[];
  proof: Proof | null;
  command: string;
}

export interface RowContext {
  hostId: string;
  hostName: string;
  environment: string;
  simulated: boolean;
  /** Of the host, as last read. */
  gpus: readonly HostGpu[];
  record: LaunchRecord | null;
  judged: { findings: Finding[]; score: number };
  /** Newest version of a secret; `null` when it is gone. */
  newest(ref: SecretRef): number | null;
}

const order: readonly Severity[] = ["critical", "high", "medium", "low"];

export function worstOf(findings: readonly Finding[]): Severity | null {
  const failing = new Set(findings.filter((finding) => finding.status !== "pass").map((finding) => finding.severity));
  return order.find((severity) => failing.has(severity)) ?? null;
}

export interface HostGpu {
  uuid: string;
  index: number;
  name: string;
}

/**
 * GPUs that the engine was asked to give it, by UUID where the host's own list tells (the engine takes an index too).
 * `Count: -1` means all of them.
 */
export function gpusOf(detail: ContainerDetail, gpus: readonly HostGpu[]): { uuid: string; name: string }[] {
  return requestedGpus(detail, gpus).map((id) => {
    const gpu = gpus.find((each) => each.uuid === id || String(each.index) === id);
    return { uuid: gpu?.uuid ?? id, name: gpu?.name ?? id };
  });
}

function requestedGpus(detail: ContainerDetail, gpus: readonly HostGpu[]): string[] {
  const requests = detail.hostConfig.DeviceRequests;
  if (!Array.isArray(requests)) return [];
  return requests.flatMap((request: { DeviceIDs?: unknown; Count?: unknown }) => {
    if (request?.Count === -1) return gpus.map((gpu) => gpu.uuid);
    return Array.isArray(request?.DeviceIDs) ? request.DeviceIDs.filter((id) => typeof id === "string") : [];
  });
}

export function tracesOf(proof: Proof): number {
  return proof.places.reduce((sum, place) => sum + place.hits.length, 0);
}

export function rowOf(detail: ContainerDetail, context: RowContext): ContainerRow {
  const { record, judged } = context;
  return {
    hostId: context.hostId,
    hostName: context.hostName,
    environment: context.environment,
    simulated: context.simulated,
    id: detail.id,
    name: detail.name,
    image: detail.image,
    state: detail.state,
    status: detail.status,
    createdAt: detail.createdAt,
    managed: Object.hasOwn(detail.labels, "io.gatehouse.launch"),
    template: record?.template ?? detail.labels["io.gatehouse.template"] ?? null,
    kind: record?.kind ?? "none",
    gpus: gpusOf(detail, context.gpus),
    score: judged.score,
    worst: worstOf(judged.findings),
    secrets: record === null ? [] : record.secrets.map((given) => givenSecret(given, context)),
    proof: record?.proof ? { at: record.proof.at, clean: record.proof.clean, traces: tracesOf(record.proof) } : null,
  };
}

function givenSecret(given: LaunchRecord["secrets"][number], context: RowContext): GivenSecret {
  return { ...given, current: context.newest(given.ref) === given.ref.version };
}

export function detailOf(detail: ContainerDetail, context: RowContext, mask: MaskGuard): ContainerDetailView {
  return {
    ...rowOf(detail, context),
    command: detail.command.map((word) => mask.text(word)),
    user: detail.user,
    startedAt: detail.startedAt,
    finishedAt: detail.finishedAt,
    exitCode: detail.exitCode,
    health: detail.health,
    restartCount: detail.restartCount,
    addresses: detail.addresses,
    ports: Object.entries(detail.ports).flatMap(([container, places]) =>
      places.map((place) => ({ container, ...place })),
    ),
    mounts: detail.mounts,
    findings: context.judged.findings,
    fullProof: context.record?.proof ?? null,
    inspect: mask.text(JSON.stringify(detail.raw, null, 2)),
    startCommand: context.record?.command ?? "",
  };
}
