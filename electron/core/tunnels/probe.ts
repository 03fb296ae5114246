import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Problem, TunnelProbe } from "../../contract/index.ts";
import { type Failure, isFailure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { HTTP_HEAD_LIMIT, statusOf } from "./httpStatus.ts";
import type { ProbeMark } from "./listener.ts";
import type { HostView, LocalAddress, ProbeAnswer } from "./types.ts";

export interface ProbeDeps {
  /** Where the tunnel listens. */
  address: LocalAddress;
  probe: TunnelProbe;
  /** It is a SOCKS server that is asked: the greeting comes from here, the rest from the host. */
  socks: boolean;
  /** `host:port` or a path, for the words. */
  to: string;
  host: HostView;
  clock: Clock;
  limitMs: number;
  signal: AbortSignal;
  mark(port: number, probe: ProbeMark): () => void;
}

/** What takes a connection and drops it in this time, without a word, takes none. */
export const stayMs = 100;

/** One question through the tunnel, in at its local port like everybody's. Never rejects. */
export function probeThrough(deps: ProbeDeps): Promise<ProbeAnswer> {
  const saw = deps.probe.kind === "none" ? "host" : "through";
  return asked(deps, saw, (well, finish) => {
    if (deps.probe.kind !== "none" || deps.socks) return throughListener(deps, well, finish);
    ping(deps, well, finish);
    return () => {};
  });
}

type Finish = (answer: ProbeAnswer) => void;
/** It went well until now. */
type Well = () => ProbeAnswer;

/** A question within its time; `ask` gives what cleans up after it. */
export function asked(
  deps: Pick<ProbeDeps, "clock" | "limitMs" | "signal" | "to">,
  saw: "through" | "ends" | "host",
  ask: (well: Well, finish: Finish) => () => void,
): Promise<ProbeAnswer> {
  const started = deps.clock.mono();
  const well = (): ProbeAnswer => ({ kind: "well", latencyMs: deps.clock.mono() - started, saw });
  return new Promise((resolve) => {
    let over = false;
    let clean = () => {};
    const finish = (answer: ProbeAnswer) => {
      if (over) return;
      over = true;
      cancel();
      deps.signal.removeEventListener("abort", onAbort);
      clean();
      resolve(answer);
    };
    const onAbort = () => finish({ kind: "lost" });
    const missed: Problem = { code: "PROBE_MISSED", details: { ms: deps.limitMs, to: deps.to } };
    const cancel = deps.clock.after(deps.limitMs, () => finish({ kind: "missed", why: missed }));
    deps.signal.addEventListener("abort", onAbort, { once: true });
    if (deps.signal.aborted) return onAbort();
    clean = ask(well, finish);
    if (over) clean();
  });
}

/** Whether the host answers at all; nobody looks at the service. */
export function ping({ host, signal }: Pick<ProbeDeps, "host" | "signal">, well: Well, finish: Finish): void {
  const link = host.link();
  if (link === null) {
    finish({ kind: "lost" });
    return;
  }
  link.ping({ signal }).then(
    () => finish(well()),
    (error: unknown) => finish(answerFor(error)),
  );
}

function throughListener(deps: ProbeDeps, well: Well, finish: Finish): () => void {
  const { probe } = deps;
  const down = (reason: string) =>
    finish({ kind: "down", why: { code: "SERVICE_DOWN", details: { to: deps.to, reason } } });
  const socket = connect({ host: reachable(deps.address.host), port: deps.address.port, noDelay: true });
  let cancelStay = () => {};
  let unmark = () => {};
  const opened = () => {
    if (probe.kind !== "tcp") return;
    const answer = well();
    cancelStay = deps.clock.after(stayMs, () => finish(answer));
    socket.once("data", () => finish(answer));
  };
  // The port is known as soon as the system call was made, which comes before the listener can hear of it.
  process.nextTick(() => {
    const { localPort } = socket;
    if (localPort !== undefined) unmark = deps.mark(localPort, { opened, failed: (why) => finish(answerFor(why)) });
  });
  if (probe.kind === "http") {
    const { host, port } = deps.address;
    socket.once("connect", () =>
      askStatus(socket, probe.path, host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`),
    );
    readStatus(socket, { well: () => finish(well()), down });
  }
  if (deps.socks) greet(socket, () => ping(deps, well, finish));
  const gone = () => down("hangs-up");
  socket.on("error", gone);
  socket.on("end", gone);
  socket.resume();
  return () => {
    cancelStay();
    unmark();
    socket.destroy();
  };
}

/** `host`: what the service believes to be called by. */
export function askStatus(stream: Duplex, path: string, host: string): void {
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, "Accept: */*", "Connection: close"];
  stream.write(`${[...lines, "User-Agent: gatehouse-probe"].join("\r\n")}\r\n\r\n`);
}

export function readStatus(stream: Duplex, say: { well(): void; down(reason: string): void }): void {
  let head = "";
  stream.on("data", (chunk: Buffer) => {
    if (head.length >= HTTP_HEAD_LIMIT) return;
    head += chunk.toString("latin1", 0, HTTP_HEAD_LIMIT);
    const status = statusOf(head);
    if (status === "more") return;
    if (status === null) say.down("not-http");
    else if (status >= 500) say.down(`HTTP ${status}`);
    else say.well();
  });
}

/** The greeting of RFC 1928 and its answer, which the tunnel itself gives. */
function greet(socket: Socket, greeted: () => void): void {
  socket.once("connect", () => socket.write(Buffer.from([5, 1, 0])));
  socket.once("data", (chunk: Buffer) => {
    if (chunk.length === 2 && chunk[0] === 5 && chunk[1] === 0) greeted();
  });
}

/** An address that listens on everything is asked by the loopback interface. */
export function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

export function answerFor(error: unknown): ProbeAnswer {
  if (!isFailure(error)) return { kind: "lost" };
  const why = problemOf(error);
  if (error.code === "CHANNEL_FAILED") return { kind: "down", why };
  if (error.code === "FORWARDING_REFUSED") return { kind: "forbidden", why };
  return error.code === "TIMED_OUT" ? { kind: "missed", why } : { kind: "lost" };
}

export function problemOf({ code, details }: Pick<Failure, "code" | "details">): Problem {
  return { code, details: { ...details } };
}
