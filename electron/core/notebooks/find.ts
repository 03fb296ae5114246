import type { NotebookPlace } from "../../contract/index.ts";
import type { ContainerDetail, Engine } from "../docker/index.ts";
import { Failure, isFailure } from "../failure.ts";
import { serverAddress } from "../inference/index.ts";
import type { Cancellable } from "../ports.ts";
import { Secret, type SecretRegistrar } from "../secrets/index.ts";
import type { HostLink } from "../ssh/index.ts";
import type { Destination } from "../tunnels/index.ts";
import { isLoopback } from "./judge.ts";
import { readLook } from "./look.ts";
import { look } from "./scripts.ts";
import { type FoundAt, type FoundServer, limits } from "./types.ts";

export interface FindDeps {
  registrar: SecretRegistrar;
  lookMs: number;
}

/** What Jupyter calls a token, as a secret that the masker knows. */
export const keyName = "JUPYTER_TOKEN";

/** What a launch says of its container. */
const kindLabel = "io.gatehouse.kind";

/** How a container's processes show that Jupyter runs in it. */
const jupyterProcess = /\bjupyter(?:-|hub-singleuser|lab|\b)|\bipykernel\b/i;

/** Servers of the user we log in as, on the host itself. `thorough`: asks Jupyter's own lists too. */
export async function findOnHost(
  deps: FindDeps,
  link: HostLink,
  thorough: boolean,
  { signal }: Cancellable = {},
): Promise<FoundAt[]> {
  const { stdout } = await link.exec(["sh", "-c", look, "sh", thorough ? "all" : "quick"], {
    signal,
    timeoutMs: deps.lookMs,
    maxBytes: limits.lookBytes,
  });
  const servers = readAndForget(stdout, deps.registrar);
  return servers.map((server) => ({ place: { kind: "host" }, server, published: [] }));
}

/** Servers in the running containers of a host. A container that has no shell, or no Jupyter, has none. */
export async function findInContainers(deps: FindDeps, engine: Engine, options: Cancellable = {}): Promise<FoundAt[]> {
  const running = (await engine.containers(options)).filter(({ state }) => state === "running");
  const found: FoundAt[] = [];
  for (const { id, name, labels } of running.slice(0, limits.containers)) {
    try {
      const labelled = labels[kindLabel] === "notebook";
      if (!labelled && !(await engine.top(id, options)).some(({ args }) => jupyterProcess.test(args))) continue;
      found.push(...(await findInContainer(deps, engine, { kind: "container", containerId: id, name }, options)));
    } catch (error) {
      // It may have ended meanwhile; the others are looked at all the same.
      if (!isFailure(error, "CONTAINER_NOT_FOUND") && !isFailure(error, "ENGINE_ERROR")) throw error;
    }
  }
  return found;
}

export async function findInContainer(
  deps: FindDeps,
  engine: Engine,
  place: Extract<NotebookPlace, { kind: "container" }>,
  { signal }: Cancellable = {},
): Promise<FoundAt[]> {
  const looked = async (how: "quick" | "all") => {
    const { stdout } = await engine.exec(place.containerId, ["sh", "-c", look, "sh", how], {
      ...(signal === undefined ? {} : { signal }),
      timeoutMs: deps.lookMs,
      maxBytes: limits.lookBytes,
    });
    return readAndForget(stdout, deps.registrar);
  };
  const quick = await looked("quick");
  const servers = quick.length > 0 ? quick : await withProcesses(await looked("all"), () => looked("quick"));
  if (servers.length === 0) return [];
  const detail = await engine.inspect(place.containerId, signal === undefined ? {} : { signal });
  return servers.map((server) => ({ place, server, published: publishedOf(detail, server.port) }));
}

/** A server that came up between files and lists is in the lists alone, without a word about its process. */
async function withProcesses(listed: FoundServer[], again: () => Promise<FoundServer[]>): Promise<FoundServer[]> {
  if (listed.every(({ uid }) => uid !== null)) return listed;
  const seen = await again();
  const known = new Set(seen.map(({ pid }) => pid));
  for (const { pid, key } of listed) if (known.has(pid)) key?.dispose();
  return [...seen, ...listed.filter(({ pid }) => !known.has(pid))];
}

function readAndForget(stdout: Buffer, registrar: SecretRegistrar): FoundServer[] {
  try {
    return readLook(stdout.toString("utf8"), (text) => {
      const bytes = Buffer.from(text);
      try {
        return new Secret(registrar, keyName, bytes);
      } finally {
        bytes.fill(0);
      }
    });
  } finally {
    stdout.fill(0);
  }
}

function publishedOf(detail: Pick<ContainerDetail, "ports">, port: number): string[] {
  return (detail.ports[`${port}/tcp`] ?? []).map(({ hostIp }) => (hostIp === "" ? "0.0.0.0" : hostIp));
}

/** Where a server is reached, as its host sees it. `NOTEBOOK_UNREACHABLE` {why} where no address leads to it. */
export async function destinationOf(
  { place, server }: Pick<FoundAt, "place" | "server">,
  link: HostLink,
  engine: () => Engine,
  options: Cancellable = {},
): Promise<Destination> {
  if (place.kind === "container") {
    if (server.socket !== "") throw new Failure("NOTEBOOK_UNREACHABLE", { why: "socket" });
    const detail = await engine().inspect(place.containerId, options);
    const shared = detail.hostConfig.NetworkMode === "host";
    const loopback = server.addresses.length > 0 && server.addresses.every(isLoopback);
    if (loopback && !shared) throw new Failure("NOTEBOOK_UNREACHABLE", { why: "loopback" });
    return { kind: "tcp", ...serverAddress(detail, server.port, link.kind) };
  }
  if (server.socket !== "") return { kind: "unix", path: server.socket };
  const { addresses } = server;
  const own = addresses.find((address) => address === "127.0.0.1" || address === "0.0.0.0" || address === "::");
  const host = addresses.length === 0 || own !== undefined ? "127.0.0.1" : (addresses[0] ?? "127.0.0.1");
  return { kind: "tcp", host, port: server.port };
}

/** The same server after a restart: where it was, else the only one with its folder. */
export function sameServer(before: FoundServer, found: readonly FoundAt[]): FoundAt | null {
  const there = found.find(
    ({ server }) =>
      server.port === before.port && server.socket === before.socket && server.basePath === before.basePath,
  );
  if (there !== undefined) return there;
  const alike = found.filter(({ server }) => server.folder === before.folder && server.program === before.program);
  return alike.length === 1 ? (alike[0] ?? null) : null;
}

export function sameKey(a: Secret | null, b: Secret | null): boolean {
  if (a === null || b === null) return a === b;
  return a === b || a.use((one) => b.use((other) => one.equals(other)));
}
