import { Failure, isFailure } from "../failure.ts";
import type { Cancellable } from "../ports.ts";
import type { HostLink } from "../ssh/index.ts";

/** Why there is no engine behind one path. */
export type SocketProblem =
  | { kind: "missing" }
  | { kind: "denied"; owner: string; group: string; mode: string }
  /** The socket is there and may be opened, but nobody listens. */
  | { kind: "dead" }
  /** Somebody listens, we may open it, and sshd still says no. */
  | { kind: "forbidden" }
  /** Something else listens. */
  | { kind: "foreign"; said: string };

/** A question that must not take long and whose failing only means that we don't know. */
async function ask(link: HostLink, argv: readonly string[], options: Cancellable): Promise<string | null> {
  try {
    const { code, stdout } = await link.exec(argv, { ...options, timeoutMs: 8_000, maxBytes: 1024 * 1024 });
    return code === 0 ? stdout.toString("utf8") : null;
  } catch (error) {
    if (isFailure(error, "CANCELLED") || isFailure(error, "HOST_OFFLINE")) throw error;
    return null;
  }
}

/**
 * Where an engine may listen, likeliest first: what the login shell's `DOCKER_HOST` names, rootless Docker, Docker,
 * Podman, rootless Podman. (docs.docker.com/engine/security/rootless; podman-system-service(1))
 */
export async function candidates(link: HostLink, options: Cancellable): Promise<string[]> {
  const script = `printf '@@%s\\n' "$(id -u)" "$XDG_RUNTIME_DIR" "$DOCKER_HOST"`;
  const said = await ask(link, ["sh", "-lc", script], options);
  // A profile may print what it likes; only the marked lines are ours.
  const [uid = "", runtime = "", dockerHost = ""] = [...(said ?? "").matchAll(/^@@(.*)$/gm)].map(
    (match) => match[1] ?? "",
  );
  const id = /^\d+$/.test(uid) ? uid : (await ask(link, ["id", "-u"], options))?.trim();
  const named = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  const own = isAbsolutePath(runtime) ? runtime : id ? `/run/user/${id}` : undefined;
  const paths = [
    named,
    own && `${own}/docker.sock`,
    "/var/run/docker.sock",
    "/run/podman/podman.sock",
    own && `${own}/podman/podman.sock`,
  ];
  return [...new Set(paths.filter((path) => path !== undefined))];
}

function isAbsolutePath(path: string): boolean {
  return path[0] === "/";
}

/** Finds out why a socket could not be opened: sshd says "open failed" to everything, so the host has to be asked. */
export async function diagnose(
  link: HostLink,
  path: string,
  failure: Failure,
  options: Cancellable,
): Promise<SocketProblem> {
  if (failure.code === "FORWARDING_REFUSED") return { kind: "forbidden" };
  const there = await ask(link, ["test", "-S", path], options);
  if (there === null) return { kind: "missing" };
  const [owner = "", group = "", mode = ""] = ((await ask(link, ["stat", "-c", "%U %G %a", path], options)) ?? "")
    .trim()
    .split(" ");
  if ((await ask(link, ["test", "-w", path], options)) === null) return { kind: "denied", owner, group, mode };
  if (link.kind === "local") return { kind: "dead" };
  const bound = (await ask(link, ["cat", "/proc/net/unix"], options)) ?? "";
  const listens = bound.split("\n").some((line) => line.split(" ").slice(7).join(" ") === path);
  return { kind: listens ? "forbidden" : "dead" };
}

/** One failure from what was found behind all paths: the one that a person can do most about. */
export function noEngine(user: string, found: ReadonlyMap<string, SocketProblem>): Failure {
  const list = [...found];
  for (const [socket, problem] of list) {
    if (problem.kind !== "denied") continue;
    const { owner, group, mode } = problem;
    const fix =
      group === "" || group === "root" ? `run rootless Docker as ${user}` : `sudo usermod -aG ${group} ${user}`;
    return new Failure("ENGINE_SOCKET_DENIED", { socket, owner, group, mode, fix });
  }
  for (const [socket, problem] of list) {
    if (problem.kind === "forbidden") {
      return new Failure("FORWARDING_REFUSED", { kind: "unix", to: socket, reason: "AllowStreamLocalForwarding" });
    }
    if (problem.kind === "dead") {
      return new Failure("ENGINE_UNAVAILABLE", { socket, reason: "nobody listens on the socket" }, { retryable: true });
    }
    if (problem.kind === "foreign") {
      return new Failure("ENGINE_ERROR", {
        status: 0,
        message: `${socket} is not a container engine: ${problem.said}`,
      });
    }
  }
  return new Failure("ENGINE_SOCKET_MISSING", { tried: list.map(([path]) => path).join(", ") });
}
