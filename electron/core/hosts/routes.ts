import type { ConfiguredHosts, HostInput, HostRoute } from "../../contract/hosts.ts";
import type { Cancellable, Clock } from "../ports.ts";
import {
  type ConfiguredHost,
  type FoundRoute,
  findRoute,
  type HostLink,
  readCertificate,
  type SshConfig,
  type WantedHost,
} from "../ssh/index.ts";

export type SshHostInput = Extract<HostInput, { kind: "ssh" }>;

/** The ways to all hosts: found anew for each connection, remembered for the screens and for the keys of their hops. */
export interface Routes {
  find(hostId: string, host: SshHostInput, options?: Cancellable): Promise<FoundRoute>;
  /** Ids under which the keys of a host's hops are pinned, as last found. */
  pinIds(hostId: string): string[];
  forget(hostId: string): void;
}

export function createRoutes(config: SshConfig): Routes {
  const hops = new Map<string, string[]>();
  const certified = new Set<string>();
  return {
    async find(hostId, host, options) {
      const route = await findRoute(
        { ...wantedOf(host), certified: certified.has(hostId), onCertified: () => certified.add(hostId) },
        config,
        options,
      );
      hops.set(
        hostId,
        (route.target.jumps ?? []).flatMap(({ pinId }) => pinId ?? []),
      );
      return route;
    },
    pinIds: (hostId) => hops.get(hostId) ?? [],
    forget(hostId) {
      hops.delete(hostId);
      certified.delete(hostId);
    },
  };
}

function wantedOf({ address, port, user, auth, config, jumps, transport, allowOpenKeys }: SshHostInput): WantedHost {
  return { address, port, user, auth, config, jumps, transport, allowOpenKeys };
}

/** The way as a person sees it. */
export function routeView(
  { target, host, transport }: FoundRoute,
  config: string | undefined,
): Omit<HostRoute, "channels" | "certificates"> {
  return {
    config: config ?? null,
    resolvedBy: host?.resolvedBy ?? null,
    address: target.address,
    port: target.port,
    user: target.user,
    hops: (target.jumps ?? []).map(({ address, port, user }) => ({ address, port, user })),
    proxyCommand: target.proxyCommand ?? null,
    identityFiles: target.auth.kind === "config" ? [...target.auth.files] : [],
    notHonoured: (host?.notHonoured ?? []).filter((line) => transport.by === "library" || isOverruled(line)),
    allowOpenKeys: target.allowOpenKeys ?? false,
    transport: { by: transport.by, reason: transport.reason },
  };
}

const maxQueueShown = 16;

export function channelsView(link: HostLink): HostRoute["channels"] {
  const { open, limit, queue } = link.channels?.() ?? { open: 0, limit: 0, queue: [] };
  return { open, limit, waiting: queue.length, queue: queue.slice(0, maxQueueShown).map((one) => ({ ...one })) };
}

/** OpenSSH's client follows its own configuration, but for what its runs are told otherwise. */
function isOverruled(line: string): boolean {
  return /^(stricthostkeychecking|knownhostscommand|(local|remote|dynamic)forward|forward(agent|x11\w*)|permitlocalcommand|localcommand|remotecommand|verifyhostkeydns) /.test(
    line,
  );
}

/** The certificates of a way, with their dates. */
export async function certificatesOf(
  { transport }: FoundRoute,
  { env, clock }: { env: Readonly<Record<string, string | undefined>>; clock: Clock },
  signal?: AbortSignal,
): Promise<HostRoute["certificates"]> {
  const read = await Promise.all(transport.certificates.map((path) => readCertificate(path, env, { signal })));
  return read.flatMap((one) =>
    one === null ? [] : [{ ...one, expired: one.validUntil !== null && one.validUntil <= clock.now() }],
  );
}

/** Hosts that the ssh configuration names, for the form. */
export async function configuredHosts(config: SshConfig, options: Cancellable): Promise<ConfiguredHosts> {
  const { hosts, problems, truncated } = await config.list(options);
  return {
    hosts: hosts.map(({ name, source, host, reason }) => ({ name, source, reason, ...seen(host) })),
    problems,
    truncated,
  };
}

function seen(host: ConfiguredHost | null) {
  return {
    address: host?.address ?? "",
    user: host?.user ?? "",
    port: host?.port ?? 22,
    via: host === null ? "" : host.jumps.length > 0 ? host.jumps.join(", ") : (host.proxyCommand ?? ""),
    resolvedBy: host?.resolvedBy ?? null,
    notHonoured: host?.notHonoured ?? [],
  };
}
