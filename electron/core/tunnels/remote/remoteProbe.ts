import { connect, type Socket } from "node:net";
import type { TunnelInput } from "../../../contract/index.ts";
import { Failure, isFailure } from "../../failure.ts";
import type { ByteStream, Clock } from "../../ports.ts";
import type { HostLink } from "../../ssh/index.ts";
import { nameOf } from "../light.ts";
import { answerFor, asked, askStatus, ping, problemOf, reachable, readStatus, stayMs } from "../probe.ts";
import type { RemoteTunnel } from "../records.ts";
import type { Destination, HostView, ProbeAnswer } from "../types.ts";

/** What is told of a caller that may be the probe's own. */
export interface CallerMark {
  arrived(): void;
  failed(why: Failure): void;
}

export interface RemoteProbeDeps {
  tunnel: RemoteTunnel;
  link: HostLink;
  host: HostView;
  /** What the host listens on. */
  port: number | null;
  clock: Clock;
  limitMs: number;
  signal: AbortSignal;
  /** The next one who comes is the probe; the returned function forgets it. */
  mark(mark: CallerMark): () => void;
}

/**
 * Goes to the host's listener from the host's side, as its programs do, and with that by our own connection back to the
 * target. Where the server opens no way to its own ports, the host and the target are looked at each for itself.
 */
export async function probeRemote(deps: RemoteProbeDeps): Promise<ProbeAnswer> {
  const { tunnel, host, clock, limitMs, signal } = deps;
  const common = { clock, limitMs, signal, to: nameOf(tunnel.target) };
  if (tunnel.probe.kind === "none") {
    return await asked(common, "host", (well, finish) => {
      ping({ host, signal }, well, finish);
      return () => {};
    });
  }
  const whole = await asked(common, "through", (well, finish) => throughHost(deps, () => finish(well()), finish));
  if (whole.kind !== "forbidden") return whole;
  const end = await asked(common, "ends", (well, finish) => atTarget(deps, () => finish(well()), finish));
  if (end.kind !== "well") return end;
  return await asked(common, "ends", (well, finish) => {
    ping({ host, signal }, well, finish);
    return () => {};
  });
}

type Finish = (answer: ProbeAnswer) => void;

function throughHost(deps: RemoteProbeDeps, done: () => void, finish: Finish): () => void {
  const { tunnel, link, port, clock, signal } = deps;
  const { listen } = tunnel;
  const stop = new AbortController();
  let far: ByteStream | null = null;
  let cancelStay = () => {};
  const unmark = deps.mark({
    arrived() {
      // The target may take it and drop it at once.
      if (tunnel.probe.kind === "tcp") cancelStay = clock.after(stayMs, done);
    },
    failed: (why) => finish({ kind: "down", why: problemOf(why) }),
  });
  const options = { signal: AbortSignal.any([signal, stop.signal]) };
  const opening =
    listen.kind === "unix"
      ? link.openUnix(listen.path, options)
      : link.openTcp(reachable(listen.bind), port ?? 0, options);
  opening.then(
    (stream) => {
      far = stream;
      if (stop.signal.aborted) stream.destroy();
      else ask(stream, tunnel, done, finish);
    },
    (error: unknown) => {
      // For its own sockets sshd has one answer to everything (see the SSH room): it may be that none is opened.
      const closed = listen.kind === "unix" && isFailure(error, "CHANNEL_FAILED");
      if (closed) finish({ kind: "forbidden", why: problemOf(error) });
      else finish(answerFor(error));
    },
  );
  return () => {
    stop.abort();
    unmark();
    cancelStay();
    far?.destroy();
  };
}

/** This machine's own look at the target. */
function atTarget({ tunnel }: RemoteProbeDeps, done: () => void, finish: Finish): () => void {
  const socket = openTarget(tunnel.target);
  socket.once("error", (error) => finish({ kind: "down", why: problemOf(targetDown(tunnel.target, error)) }));
  socket.once("connect", () => {
    if (tunnel.probe.kind === "tcp") done();
    else ask(socket, tunnel, done, finish);
  });
  return () => {
    socket.on("error", () => {});
    socket.destroy();
  };
}

function ask(stream: ByteStream, { probe, target }: RemoteTunnel, done: () => void, finish: Finish): void {
  const down = (reason: string) => finish({ kind: "down", why: problemOf(targetDown(target, reason)) });
  if (probe.kind === "http") {
    askStatus(stream, probe.path, target.kind === "tcp" ? nameOf(target) : "localhost");
    readStatus(stream, { well: done, down });
  } else stream.once("data", done);
  const gone = () => down("hangs-up");
  stream.on("error", gone);
  stream.on("end", gone);
  stream.resume();
}

/** A connection to the target as this machine reaches it. */
export function openTarget(target: Destination): Socket {
  return target.kind === "unix"
    ? connect({ path: target.path, allowHalfOpen: true })
    : connect({ host: target.host, port: target.port, noDelay: true, allowHalfOpen: true });
}

export function targetDown(target: TunnelTargetOf, why: string | NodeJS.ErrnoException): Failure {
  const reason = typeof why === "string" ? why : (why.code ?? why.message);
  return new Failure("LOCAL_TARGET_DOWN", { to: nameOf(target), reason });
}

type TunnelTargetOf = Exclude<TunnelInput, { kind: "dynamic" }>["target"];
