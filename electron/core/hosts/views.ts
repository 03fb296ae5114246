import type { HostDetail, HostRow, LinkStateView } from "../../contract/hosts.ts";
import type { HostKeyIncident, HostKeys, LinkState } from "../ssh/index.ts";
import type { HostSession } from "./session.ts";

const production = "production";

/** What runs on a host, as the rows show it. */
export interface Occupancy {
  counts(hostId: string): { running: number; total: number };
  holders(
    hostId: string,
    uuid: string,
    gpus: readonly { uuid: string; index: number; name: string }[],
  ): { containerId: string; name: string }[];
}

function linkView(state: LinkState): LinkStateView {
  const view: LinkStateView = { phase: state.phase, since: state.since };
  if ("attempt" in state) view.attempt = state.attempt;
  if ("nextTryAt" in state) view.nextTryAt = state.nextTryAt;
  if ("missed" in state) view.missed = state.missed;
  if ("reason" in state) view.reason = { code: state.reason.code, details: { ...state.reason.details } };
  return view;
}

export function rowOf(session: HostSession, occupancy: Occupancy): HostRow {
  const { id, host, simulated } = session.record;
  const view = session.view();
  return {
    id,
    kind: host.kind,
    name: host.name,
    address: host.kind === "ssh" ? host.address : "",
    port: host.kind === "ssh" ? host.port : 0,
    user: host.kind === "ssh" ? host.user : "",
    environment: host.environment,
    simulated,
    link: linkView(view.link),
    engine: view.engine,
    engineProblem: view.engineProblem,
    gpus: view.gpus.map((gpu) => ({ ...gpu, heldBy: occupancy.holders(id, gpu.uuid, view.gpus) })),
    gpuProblem: view.gpuProblem,
    containers: occupancy.counts(id),
  };
}

export function detailOf(
  session: HostSession,
  occupancy: Occupancy,
  hostKeys: HostKeys,
  hops: readonly string[],
  /** Names of the other hosts that have shown a key. */
  othersWith: (fingerprint: string) => string[],
): HostDetail {
  const { id, host } = session.record;
  const seen = hostKeys.view(id);
  const incident =
    seen.incident ?? hops.map((hop) => hostKeys.view(hop).incident).find((incident) => incident !== null);
  return {
    ...rowOf(session, occupancy),
    auth: host.kind === "ssh" ? host.auth : null,
    config: host.kind === "ssh" ? (host.config ?? null) : null,
    jumps: host.kind === "ssh" ? (host.jumps ?? []) : [],
    transport: host.kind === "ssh" ? (host.transport ?? "auto") : "auto",
    allowOpenKeys: host.kind === "ssh" && (host.allowOpenKeys ?? false),
    socketPath: host.socketPath ?? null,
    facts: session.view().facts,
    hostKey: seen.key,
    incident: incident ? incidentView(incident, session, othersWith) : null,
  };
}

function incidentView(
  incident: HostKeyIncident,
  session: HostSession,
  othersWith: (fingerprint: string) => string[],
): NonNullable<HostDetail["incident"]> {
  const { link, facts } = session.view();
  const { lastBoot, presented } = incident;
  // A connection that was made before the key changed still tells of the machine that it ends at.
  const isUp = link.phase === "online" || link.phase === "degraded";
  const running = isUp ? (facts?.bootId ?? null) : null;
  const rebooted = running === null || lastBoot === null ? "unknown" : running === lastBoot.id ? "no" : "yes";
  const fingerprint =
    session.record.host.environment === production ? middleHidden(presented.fingerprint) : presented.fingerprint;
  return {
    ...incident,
    presented: { ...presented, fingerprint },
    rebooted,
    alsoShownBy: othersWith(presented.fingerprint),
  };
}

/** Enough to recognise a key by, too little to copy: in production the whole must come from somewhere else. */
function middleHidden(fingerprint: string): string {
  return `${fingerprint.slice(0, 15)}…${fingerprint.slice(-8)}`;
}
