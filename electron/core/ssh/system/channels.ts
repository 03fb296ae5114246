import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { connect } from "node:net";
import { Duplex, PassThrough, Transform } from "node:stream";
import { Failure } from "../../failure.ts";
import type { ByteStream, Cancellable, Clock } from "../../ports.ts";
import type { RemoteCommand } from "../carrier.ts";
import { endMarked } from "../quote.ts";
import type { Program } from "../run.ts";
import { throughMaster } from "./arguments.ts";

/** What a channel through a master needs of it. */
export interface MasterChannel {
  socket: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  channelMs: number;
  gone(): Failure | null;
  onBytes(count: number): void;
}

const graceMs = 1_000;

function client({ socket, env }: MasterChannel, ...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn("ssh", throughMaster(socket, ...args), { env: { ...env, LC_ALL: "C" }, stdio: "pipe" });
}

/** What the client itself says when the master or the host has no channel for it. */
const refused = /mux_client_|Session open refused|Control socket|Connection closed by UNKNOWN|Shared connection/;

/** A program on the host. The client's end is the program's end; when it has to be stopped, `again` sends for what is left. */
export function runThrough(command: RemoteCommand, channel: MasterChannel & { again(line: string): void }): Program {
  const { line, what, mark, slot } = command;
  const child = client(channel, "-T", "--", "gatehouse", line);
  // Errors are passed on but for the client's own last words, which are no output of the program.
  const stderr = new PassThrough();
  let tail = "";
  child.stderr.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.toString("latin1")).slice(-1_000);
    stderr.write(chunk);
  });
  child.stderr.on("end", () => stderr.end());
  const stdout = child.stdout.pipe(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        channel.onBytes(chunk.length);
        done(null, chunk);
      },
    }),
  );
  child.stdin.on("error", () => {});
  let over = false;
  const ended = new Promise<number | null>((resolve, reject) => {
    const settle = (act: () => void) => {
      over = true;
      slot();
      act();
    };
    child.once("error", (error) =>
      settle(() => reject(new Failure("OPENSSH_MISSING", { what: "ssh" }, { cause: error }))),
    );
    child.once("close", (code) => {
      const gone = channel.gone();
      if (code === 255 && gone) return settle(() => reject(gone));
      if (code === 255 && refused.test(tail)) {
        const reason = tail.trim().split("\n").at(-1) ?? "";
        return settle(() => reject(new Failure("CHANNEL_FAILED", { kind: "exec", to: what, reason })));
      }
      settle(() => resolve(code));
    });
  });
  ended.catch(() => {});
  return {
    stdin: child.stdin,
    stdout,
    stderr,
    ended,
    stop() {
      if (over) return;
      child.kill("SIGTERM");
      stdout.destroy();
      stderr.resume();
      channel.clock.after(graceMs, () => child.kill("SIGKILL"));
      if (!channel.gone()) channel.again(endMarked(mark));
    },
  };
}

/** `ssh -W`: with `-v` the client tells when the host has opened the channel, which it keeps to itself otherwise. */
export function tcpThrough(
  { host, port, signal }: Cancellable & { host: string; port: number },
  channel: MasterChannel,
): Promise<ByteStream> {
  const to = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const child = client(channel, "-v", "-W", to, "--", "gatehouse");
  const stream = streamOf(child, channel);
  return new Promise((resolve, reject) => {
    let said = "";
    let settled = false;
    const settle = (act: () => void) => {
      if (settled) return;
      settled = true;
      stop();
      signal?.removeEventListener("abort", onAbort);
      act();
    };
    const fail = (failure: Failure) =>
      settle(() => {
        stream.destroy();
        reject(failure);
      });
    const onAbort = () => fail(new Failure("CANCELLED"));
    const stop = channel.clock.after(channel.channelMs, () =>
      fail(new Failure("TIMED_OUT", { what: `opening ${to}`, ms: channel.channelMs }, { retryable: true })),
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("latin1")).slice(-4_000);
      if (/master session id/.test(said)) settle(() => resolve(stream));
    });
    child.once("close", () => {
      const prohibited = /administratively prohibited|unknown channel type/.test(said);
      const reason =
        /(?:forwarding request failed|open failed|stdio forwarding failed)[^\n]*/.exec(said)?.[0] ?? "open failed";
      const code = prohibited ? "FORWARDING_REFUSED" : "CHANNEL_FAILED";
      fail(channel.gone() ?? new Failure(code, { kind: "tcp", to, reason }));
    });
  });
}

/** A stream over the local end of a forwarded socket. */
export function openUnixThrough(
  local: string,
  { path, signal }: Cancellable & { path: string },
  channel: MasterChannel,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: local });
    const onAbort = () => socket.destroy(new Failure("CANCELLED"));
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("error", (error) => {
      const reason = error.message;
      reject(
        error instanceof Failure
          ? error
          : (channel.gone() ?? new Failure("CHANNEL_FAILED", { kind: "unix", to: path, reason })),
      );
    });
    socket.once("connect", () => {
      signal?.removeEventListener("abort", onAbort);
      // A stream that lies in a pool has nobody who listens; its breaking must not end the program.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

function streamOf(child: ChildProcessWithoutNullStreams, channel: MasterChannel): Duplex {
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => void child.stdin.end(() => done()),
    destroy(error, done) {
      child.kill("SIGTERM");
      done(error);
    },
  });
  stream.on("error", () => {});
  child.stdin.on("error", () => {});
  child.stdout.on("data", (chunk: Buffer) => {
    channel.onBytes(chunk.length);
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.once("error", (error) => stream.destroy(error));
  child.once("close", () => {
    const gone = channel.gone();
    if (gone) stream.destroy(gone);
    else if (!stream.destroyed) stream.push(null);
  });
  return stream;
}
