import { timingSafeEqual } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from "ssh2";
import { createRemoteForwards, loopbackPort, type RemoteForwards } from "./forwards.ts";
import type { KeyFile } from "./keys.ts";
import { type Machine, runCommandLine } from "./shell/run.ts";

export interface SshOptions {
  hostKey: KeyFile;
  /** The one key that may log in. */
  clientKey: KeyFile;
  user: string;
  hostName: string;
  machine: Machine;
  /** Takes a stream to the unix socket `path`; false when nothing listens there. */
  openUnix(path: string, accept: () => Duplex): boolean;
  /** Loopback port of this machine behind `host:port` as this host sees it, or `null`. */
  resolveTcp(host: string, port: number): number | null;
}

export interface SshServer {
  /** Speaks SSH on a connected stream. */
  inject(stream: Duplex): void;
  dispose(): void;
}

// Those of a stock sshd_config.
const maxSessions = 10;
const maxAuthTries = 6;
const maxForwards = 200;

const ed25519 = "ssh-ed25519";

/** An SSH server without a listener: streams are handed to it, and it is an ordinary login host to them. */
export function createSshServer(options: SshOptions): SshServer {
  const connections = new Set<Connection>();
  const forwards = new Set<Socket>();
  const stop = new AbortController();
  const remote = createRemoteForwards((port) => port === 22 || options.resolveTcp("127.0.0.1", port) !== null);
  const server = new ssh2.Server(
    {
      hostKeys: [options.hostKey.private],
      // Clients look for the vendor before they ask for stream-local forwarding.
      ident: "OpenSSH_9.2p1 Gatehouse-practice-simulated",
      algorithms: { serverHostKey: [ed25519] },
    },
    (connection) => {
      connections.add(connection);
      connection.once("close", () => {
        connections.delete(connection);
        remote.drop(connection);
      });
      // Clients that leave without a word are no news here.
      connection.on("error", () => {});
      authenticate(connection, options);
      connection.once("ready", () => serve(connection, { ...options, stop: stop.signal, remote }, forwards));
    },
  );
  return {
    // ssh2 asks of the stream what any duplex has; its types name the usual case only.
    inject: (stream) => server.injectSocket(stream as Socket),
    dispose() {
      stop.abort();
      for (const connection of connections) connection.end();
      for (const socket of forwards) socket.destroy();
    },
  };
}

function authenticate(connection: Connection, options: SshOptions): void {
  const parsed = ssh2.utils.parseKey(options.clientKey.private);
  if (parsed instanceof Error) throw parsed;
  let tries = 0;
  connection.on("authentication", (attempt: AuthContext) => {
    if (attempt.method === "publickey") {
      const { blob } = options.clientKey;
      const known =
        attempt.username === options.user &&
        attempt.key.algo === ed25519 &&
        attempt.key.data.length === blob.length &&
        timingSafeEqual(attempt.key.data, blob);
      if (known && attempt.signature === undefined) return attempt.accept();
      if (known && attempt.blob !== undefined && attempt.signature !== undefined) {
        if (parsed.verify(attempt.blob, attempt.signature) === true) return attempt.accept();
      }
    }
    tries += attempt.method === "none" ? 0 : 1;
    attempt.reject(["publickey"]);
    if (tries >= maxAuthTries) connection.end();
  });
}

/** `stop` ends every program that runs. */
type Serving = SshOptions & { stop: AbortSignal; remote: RemoteForwards };

function serve(connection: Connection, options: Serving, forwards: Set<Socket>): void {
  let sessions = 0;
  let channels = 0;
  connection.on("session", (accept, reject) => {
    if (sessions >= maxSessions) return reject();
    sessions += 1;
    const session = accept();
    session.once("close", () => {
      sessions -= 1;
    });
    serveSession(session, options);
  });
  const counted = (stream: Duplex) => {
    channels += 1;
    stream.once("close", () => {
      channels -= 1;
    });
    return stream;
  };
  const { remote } = options;
  const carry = (opening: Promise<Duplex>, accept: () => Duplex, reject: () => void) =>
    void opening.then((far) => join(counted(accept()), far), reject);
  connection.on("openssh.streamlocal", (accept, reject, info: { socketPath: string }) => {
    if (channels >= maxForwards) return reject();
    const opening = remote.open(info.socketPath);
    if (opening !== null) return carry(opening, accept, reject);
    if (!options.openUnix(info.socketPath, () => counted(accept()))) reject();
  });
  connection.on("tcpip", (accept, reject, info) => {
    if (channels >= maxForwards) return reject();
    const own = loopbackPort(info.destIP, info.destPort);
    const opening = own === null ? null : remote.open(own);
    if (opening !== null) return carry(opening, accept, reject);
    const port = options.resolveTcp(info.destIP, info.destPort);
    if (port === null) return reject();
    const socket = connect(port, "127.0.0.1");
    forwards.add(socket);
    socket.once("close", () => forwards.delete(socket));
    socket.once("error", () => reject());
    socket.once("connect", () => {
      const channel = counted(accept());
      join(channel, socket);
    });
  });
  connection.on("request", (accept, reject, name, data) => {
    const answer = { accept: (port?: number) => accept?.(port), reject: () => reject?.() };
    if (!remote.request(connection, { name, data: data ?? {}, ...answer })) answer.reject();
  });
}

function join(channel: Duplex, socket: Duplex): void {
  channel.on("error", () => channel.destroy());
  socket.on("error", () => channel.destroy());
  channel.once("close", () => socket.destroy());
  socket.once("close", () => channel.destroy());
  channel.pipe(socket).pipe(channel);
}

function serveSession(session: Session, options: Serving): void {
  const env: Record<string, string> = {};
  session.on("env", (accept, _reject, info) => {
    // AcceptEnv LANG LC_*
    if (/^(?:LANG|LC_[A-Z]+)$/.test(info.key)) env[info.key] = info.val;
    accept?.();
  });
  session.on("pty", (accept) => accept?.());
  session.on("window-change", (accept) => accept?.());
  const closed = new AbortController();
  session.on("signal", (accept) => {
    accept?.();
    closed.abort();
  });
  session.once("close", () => closed.abort());
  const signal = AbortSignal.any([closed.signal, options.stop]);
  session.on("shell", (accept) => {
    const channel = accept();
    channel.write(`${options.hostName} is a practice host of Gatehouse (simulated): it has no interactive shell.\r\n`);
    finish(channel, 1);
  });
  session.on("exec", (accept, _reject, info) => {
    void runCommand(accept(), info.command, { ...options.machine, env: { ...options.machine.env, ...env } }, signal);
  });
}

async function runCommand(
  channel: ServerChannel,
  command: string,
  machine: Machine,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const cancel = () => stop.abort();
  signal.addEventListener("abort", cancel, { once: true });
  channel.once("close", cancel);
  channel.on("error", cancel);
  const io = {
    stdin: inputOf(channel),
    out: (data: string | Uint8Array) => push(channel, data),
    err: (data: string | Uint8Array) => push(channel.stderr as unknown as Duplex, data),
  };
  let status: number;
  try {
    status = await runCommandLine(machine, command, io, stop.signal);
  } catch (error) {
    await io.err(`practice host: ${error instanceof Error ? error.message : "failed"}\n`);
    status = 1;
  }
  finish(channel, status);
}

async function* inputOf(channel: Duplex): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of channel.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch {
    // The channel broke: the end of the input, to the program.
  }
}

async function push(target: Duplex, data: string | Uint8Array): Promise<void> {
  if (target.destroyed || target.writableEnded || data.length === 0) return;
  if (target.write(data)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      target.off("drain", done);
      target.off("close", done);
      resolve();
    };
    target.once("drain", done);
    target.once("close", done);
  });
}

function finish(channel: ServerChannel, status: number): void {
  if (channel.destroyed) return;
  channel.exit(status);
  channel.end();
  channel.close();
}
