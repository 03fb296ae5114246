/** One session of the hosts room, as each of the other rooms wants to see a host. Pure. */
import type { ContainerRow } from "../contract/containers.ts";
import type { LogSourceRef } from "../contract/logs.ts";
import type { WatchedContainer } from "./alerts/index.ts";
import type { Containers, HostView } from "./containers/index.ts";
import type { HostRecord, HostSession, Hosts, SessionView } from "./hosts/index.ts";
import type { LaunchHost } from "./launch/index.ts";
import type { SourceName } from "./logs/index.ts";
import type { TunnelHost } from "./tunnels/index.ts";

/** A host as a launch needs it; what was not read yet is `null` and stops nothing. */
export function launchHost(session: HostSession, containerNames: readonly string[] | null): LaunchHost {
  const { record } = session;
  const { engine, facts, gpus, link } = session.view();
  const answering = gpus.filter(({ fault }) => fault !== "lost");
  return {
    id: record.id,
    name: record.host.name,
    simulated: record.simulated,
    gpus: link.phase === "online" && facts !== null ? answering.map((gpu) => gpu.uuid) : null,
    gpuToolkit: engine?.gpuToolkit ?? null,
    diskFreeBytes: facts?.diskFreeBytes ?? null,
    containerNames,
  };
}

/** A host as the tunnels' rows show it. */
export function tunnelHost(hosts: Pick<Hosts, "sessions">, hostId: string): TunnelHost | null {
  const record = hosts.sessions().find((session) => session.record.id === hostId)?.record;
  if (record === undefined) return null;
  const { host, simulated } = record;
  const ssh = host.kind === "ssh" ? { address: host.address, port: host.port, user: host.user } : null;
  return { name: host.name, environment: host.environment, simulated, ssh };
}

/** A host as the containers room needs it. */
export function hostView(record: HostRecord, view: SessionView): HostView {
  const { link, engine, engineProblem, gpus } = view;
  const reached = link.phase === "online" || link.phase === "degraded";
  const problem = "reason" in link ? { code: link.reason.code, details: { ...link.reason.details } } : engineProblem;
  return {
    id: record.id,
    name: record.host.name,
    environment: record.host.environment,
    simulated: record.simulated,
    reachable: reached && engine !== null,
    problem,
    gpus,
  };
}

/** What a person calls a source of logs; null when its host is not known (any more). */
export function logSourceName(
  ref: LogSourceRef,
  hosts: Pick<Hosts, "sessions">,
  containers: Pick<Containers, "nameOf">,
): SourceName | null {
  if (!("hostId" in ref)) return { name: "", hostName: "", simulated: false };
  const record = hosts.sessions().find((session) => session.record.id === ref.hostId)?.record;
  if (record === undefined) return null;
  const of = { hostName: record.host.name, simulated: record.simulated };
  if (ref.kind === "file") return { ...of, name: ref.path };
  if (ref.kind === "journal") return { ...of, name: ref.unit ?? "" };
  if (ref.kind === "events") return { ...of, name: "" };
  return { ...of, name: containers.nameOf(ref.hostId, ref.containerId) ?? ref.containerId.slice(0, 12) };
}

/** A container as the alerts' rules choose by. */
export function watchedContainer(row: ContainerRow): WatchedContainer {
  const { hostId, hostName, id, name, environment, simulated, state, secrets } = row;
  return {
    hostId,
    hostName,
    containerId: id,
    name,
    environment,
    simulated,
    running: state === "running",
    secrets: secrets.map(({ ref }) => ref.name),
  };
}
