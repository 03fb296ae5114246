import { Failure } from "../../failure.ts";
import type { Cancellable } from "../../ports.ts";
import { chooseTransport, type Transport } from "../system/choose.ts";
import type { SystemWay } from "../system/way.ts";
import type { ConfiguredAuth, SshAuth, SshTarget } from "../target.ts";
import { refuseBadName, type SshConfig } from "./index.ts";
import type { ConfiguredHost } from "./settings.ts";

/** A host as a person wants it reached. */
export interface WantedHost {
  address: string;
  port: number;
  user: string;
  auth: Exclude<SshAuth, ConfiguredAuth> | { kind: "config" };
  /** Its name in the ssh configuration: address, port, user and all else then come from there. */
  config?: string | undefined;
  /** Hosts to go through, nearest first, in place of the configuration's: `[user@]name[:port]`. */
  jumps?: readonly string[] | undefined;
  /** Who carries the connection; `auto` is the library unless only OpenSSH's client can. */
  transport?: "auto" | "library" | "system" | undefined;
  /** Take private keys that others may read too, on the whole way. */
  allowOpenKeys?: boolean | undefined;
  /** A host of the way has offered a certificate: OpenSSH's client again, without a look. */
  certified?: boolean | undefined;
  /** Told when a host of the way has offered one, and OpenSSH's client has taken over. */
  onCertified?: (() => void) | undefined;
}

/** A way to a host, found. */
export interface FoundRoute {
  target: SshTarget;
  /** What the configuration said, when it was asked. */
  host: ConfiguredHost | null;
  hops: readonly ConfiguredHost[];
  transport: Transport;
}

const maxHops = 8;

/** True when nothing has to be looked up: address, port, user and proof are all given. */
function isPlain({ auth, config, jumps }: WantedHost): boolean {
  return config === undefined && auth.kind !== "config" && (jumps === undefined || jumps.length === 0);
}

/** Finds the way to a host. `JUMP_LOOP` when it would come by the same host twice, `SSH_CONFIG_INVALID` when it is no way. */
export async function findRoute(wanted: WantedHost, config: SshConfig, options: Cancellable = {}): Promise<FoundRoute> {
  const { target, host, hops } = withRules(await find(wanted, config, options), wanted);
  const { home, clock, openSsh } = config;
  const transport = await chooseTransport(wanted.transport, target.auth, host, {
    ...options,
    home,
    clock,
    env: openSsh.env,
  });
  const way: SystemWay = {
    includes: host === null ? [] : config.files,
    name: wanted.config ?? wanted.address,
    ...(wanted.config === undefined ? { user: wanted.user, port: wanted.port } : {}),
    jumps: wanted.jumps,
  };
  const system = { way, certificates: transport.certificates };
  if (transport.by === "system") return { target: { ...target, system }, host, hops, transport };
  // Whoever chose the library, or a key that OpenSSH would not take, has said that it is to be the library.
  if (transport.reason === "chosen" || wanted.allowOpenKeys) return { target, host, hops, transport };
  if (wanted.certified) {
    const certified = { ...transport, by: "system" as const, reason: "host-certificate" as const };
    return { target: { ...target, system }, host, hops, transport: certified };
  }
  const ifCertified = { system, taken: () => wanted.onCertified?.() };
  return { target: { ...target, ifCertified }, host, hops, transport };
}

function withRules(found: Omit<FoundRoute, "transport">, { allowOpenKeys }: WantedHost): typeof found {
  if (!allowOpenKeys) return found;
  const { target } = found;
  const jumps = target.jumps?.map((hop) => ({ ...hop, allowOpenKeys }));
  return { ...found, target: { ...target, allowOpenKeys, ...(jumps === undefined ? {} : { jumps }) } };
}

async function find(
  wanted: WantedHost,
  config: SshConfig,
  options: Cancellable,
): Promise<Omit<FoundRoute, "transport">> {
  const { address, port, user } = wanted;
  if (isPlain(wanted)) {
    return { target: { address, port, user, auth: wanted.auth as SshAuth }, host: null, hops: [] };
  }
  // Without a name in the configuration what the person typed comes first, as on ssh's command line.
  const given = wanted.config === undefined ? { user, port } : {};
  const host = await config.resolve(wanted.config ?? address, { ...options, ...given });
  const names = wanted.jumps && wanted.jumps.length > 0 ? wanted.jumps : host.jumps;
  const hops = await expand(names, [placeOf(host)], config, options);
  refuseTwice([...hops, host]);
  const own = wanted.auth.kind === "key" && wanted.jumps !== undefined ? [wanted.auth.path] : [];
  const target: SshTarget = {
    ...targetOf(host),
    auth: wanted.auth.kind === "config" ? configuredAuth(host, []) : wanted.auth,
    ...(hops.length > 0 ? { jumps: hops.map((hop) => hopTarget(hop, own)), proxyCommand: undefined } : {}),
  };
  return { target, host, hops };
}

function targetOf(host: ConfiguredHost): SshTarget {
  return {
    address: host.address,
    port: host.port,
    user: host.user,
    auth: configuredAuth(host, []),
    hostKeyAlias: host.hostKeyAlias ?? undefined,
    knownHosts: [...host.userKnownHosts, ...host.globalKnownHosts],
    strict: host.strict,
    keepAlive: host.keepAlive ?? undefined,
    connectTimeoutMs: host.connectTimeoutMs ?? undefined,
    proxyCommand: host.proxyCommand ?? undefined,
  };
}

/** A hop's key is pinned once for all hosts behind it. */
function hopTarget(hop: ConfiguredHost, ownKeys: readonly string[]): SshTarget {
  const pinId = `jump:${hop.hostKeyAlias ?? hop.address}:${hop.port}`;
  return { ...targetOf(hop), auth: configuredAuth(hop, ownKeys), pinId };
}

function configuredAuth(host: ConfiguredHost, first: readonly string[]): ConfiguredAuth {
  const { identityFiles, identitiesOnly, identityAgent: agent, preferred } = host;
  return { kind: "config", files: [...first, ...identityFiles], identitiesOnly, agent, preferred };
}

/** The first hop's own way counts too; the others are reached through the one before, whatever their own way is. */
async function expand(
  names: readonly string[],
  above: readonly string[],
  config: SshConfig,
  options: Cancellable,
): Promise<ConfiguredHost[]> {
  const found: ConfiguredHost[] = [];
  for (const [index, name] of names.entries()) {
    const hop = await resolveHop(name, config, options);
    const place = placeOf(hop);
    if (above.includes(place)) throw new Failure("JUMP_LOOP", { route: [...above, place].join(" → ") });
    if (above.length > maxHops) throw new Failure("LIMIT_REACHED", { what: "jumps", limit: maxHops });
    if (index === 0) found.push(...(await expand(hop.jumps, [...above, place], config, options)));
    found.push(found.length > 0 ? { ...hop, proxyCommand: null } : hop);
  }
  return found;
}

async function resolveHop(text: string, config: SshConfig, options: Cancellable): Promise<ConfiguredHost> {
  const { name, user, port } = parseHop(text);
  return await config.resolve(name, { ...options, user: user ?? undefined, port: port ?? undefined });
}

/** `[user@]host[:port]`, `ssh://` in front allowed, an IPv6 address in brackets. */
export function parseHop(text: string): { name: string; user: string | null; port: number | null } {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^@\s]{1,64})@)?(?:\[([^\]]+)\]|([^:\s[\]]+))(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  const name = bracketed ?? plain ?? "";
  refuseBadName(name);
  if (user !== undefined && !/^(?!-)[A-Za-z0-9._@\\-]+$/.test(user)) {
    throw new Failure("BAD_INPUT", { field: "jumps", reason: "not a user name" });
  }
  const number = port === undefined ? null : Number(port);
  if (number !== null && (number < 1 || number > 65_535)) {
    throw new Failure("BAD_INPUT", { field: "jumps", reason: "not a port" });
  }
  return { name, user: user ?? null, port: number };
}

function placeOf({ address, port }: ConfiguredHost): string {
  return `${address.toLowerCase()}:${port}`;
}

function refuseTwice(hosts: readonly ConfiguredHost[]): void {
  const places = hosts.map(placeOf);
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) throw new Failure("JUMP_LOOP", { route: places.join(" → ") });
  if (places.length > maxHops + 1) throw new Failure("LIMIT_REACHED", { what: "jumps", limit: maxHops });
}
