import { inspect } from "node:util";
import { NodeSSH } from "node-ssh";
import type { Client, ClientChannel } from "ssh2";
import { Failure, reasonOf } from "../../failure.ts";
import type { Cancellable, Clock } from "../../ports.ts";
import { commandLine } from "../quote.ts";
import type { Ask, SshTarget } from "../target.ts";
import type { HostKeys } from "../trust/hostKeys.ts";
import type { RemoteAddress, RemoteCaller, RemoteListener } from "../types.ts";
import { chooseAlgorithms, runtimeAbilities } from "./algorithms.ts";
import { type AuthTrace, type HeldPassword, planAuth } from "./auth.ts";
import { ChannelStream } from "./channelStream.ts";
import { createWindowBudget } from "./channelWindow.ts";
import { watchGreeting } from "./greeting.ts";
import { watchOffer } from "./hostOffer.ts";
import type { Identity } from "./identity.ts";
import { createPatience } from "./patience.ts";
import { channelFailure, connectFailure } from "./problems.ts";
import { createRemoteListeners, type RemoteListeners } from "./remoteListeners.ts";
import { createRest, type Rest } from "./rest.ts";
import { keyQuestion, verifyHostKey } from "./verify.ts";
import type { Wire } from "./wire.ts";

export interface ConnectDeps {
  hostId: string;
  /** What the connection runs over; it is closed with it. */
  wire: Wire;
  target: SshTarget;
  identity: Identity;
  password: HeldPassword;
  hostKeys: HostKeys;
  ask: Ask;
  clock: Clock;
  signal: AbortSignal;
  timings: { dialMs: number; handshakeMs: number; channelMs: number };
  trace?: AuthTrace | undefined;
  /** Turn away from a host that offers a certificate which an authority on record may vouch for. */
  leaveCertified?: boolean | undefined;
}

/** A program's channel: its input and output as a stream, the rest (errors, exit, signals) on the channel itself. */
export interface SessionChannel {
  channel: ClientChannel;
  stream: ChannelStream;
}

/** One authenticated SSH connection. It ends once; the link above makes a new one. */
export class Connection {
  /** Resolves when the connection is gone, with the reason if there was one. Never rejects. */
  readonly closed: Promise<Failure>;
  #client: Client;
  #socket: Wire;
  #clock: Clock;
  #channelMs: number;
  #gone: Failure | null = null;
  #gathering = false;
  readonly #rest: Rest;
  #windows = createWindowBudget();
  #remote: RemoteListeners;

  constructor(client: Client, socket: Wire, deps: Pick<ConnectDeps, "target" | "clock" | "timings">) {
    this.#client = client;
    this.#socket = socket;
    this.#clock = deps.clock;
    this.#rest = createRest(socket, deps.clock);
    this.#channelMs = deps.timings.channelMs;
    this.#remote = createRemoteListeners(client, {
      clock: deps.clock,
      waitMs: deps.timings.channelMs,
      gone: () => this.#gone,
      streamOf: (channel) => this.#forward(channel),
    });
    const { address, port } = deps.target;
    this.closed = new Promise((resolve) => {
      let last = "the host closed the connection";
      client.on("error", (error) => {
        last = reasonOf(error);
      });
      // "close" comes before ssh2 ends the channels, so that these know that they were cut off.
      client.on("close", () => {
        this.#gone ??= new Failure("HOST_OFFLINE", { address, port, reason: last }, { retryable: true });
        resolve(this.#gone);
      });
    });
  }

  get gone(): Failure | null {
    return this.#gone;
  }

  /** Bytes that have come in; any of them is a sign of life. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /**
   * Runs a program in the user's login shell; output and errors both have to be read. `take` is called before anything
   * more is read from the host: output, exit and close of a quick program arrive in the very packet that opens it.
   */
  exec<T>(command: string, what: string, options: Cancellable, take: (session: SessionChannel) => T): Promise<T> {
    const open = (done: ChannelDone) => this.#client.exec(command, done);
    return this.#open({ kind: "exec", to: what }, options, open, (channel) =>
      take({ channel, stream: this.#stream(channel) }),
    );
  }

  unix(path: string, options: Cancellable = {}): Promise<ChannelStream> {
    const open = (done: ChannelDone) => this.#client.openssh_forwardOutStreamLocal(path, done);
    return this.#open({ kind: "unix", to: path }, options, open, (channel) => this.#forward(channel));
  }

  tcp(host: string, port: number, options: Cancellable = {}): Promise<ChannelStream> {
    const open = (done: ChannelDone) => this.#client.forwardOut("127.0.0.1", 0, host, port, done);
    return this.#open({ kind: "tcp", to: `${host}:${port}` }, options, open, (channel) => this.#forward(channel));
  }

  listen(
    at: RemoteAddress,
    onCaller: (caller: RemoteCaller) => void,
    options: Cancellable = {},
  ): Promise<RemoteListener> {
    return this.#remote.listen(at, onCaller, options);
  }

  /**
   * Resolves when the server has answered anything. The request (cancel a forwarding that does not exist) is one that
   * every server must answer, and the only one that ssh2 lets its user send with an answer but without an effect.
   */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      const asked = this.#clock.mono();
      try {
        this.#client.openssh_unforwardInStreamLocal("/gatehouse/keep-alive", () => {
          this.#windows.roundTrip(this.#clock.mono() - asked);
          resolve();
        });
      } catch (error) {
        reject(error);
      }
    });
  }

  /** Says goodbye; the socket is cut off if the host does not answer in a second. */
  end(reason?: Failure): void {
    if (reason) this.#gone ??= reason;
    this.#client.end();
    const cancel = this.#clock.after(1000, () => this.#socket.destroy());
    this.closed.then(cancel);
  }

  /** Cuts the socket off without waiting for an answer that will not come. */
  cut(reason: Failure): void {
    this.#gone ??= reason;
    this.#socket.destroy();
  }

  #forward(channel: ClientChannel): ChannelStream {
    channel.stderr.resume();
    return this.#stream(channel);
  }

  /** What several channels write in one turn of the event loop goes out in one call to the system. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#gathering = false;
      this.#socket.uncork();
    });
  }

  #stream(channel: ClientChannel): ChannelStream {
    return new ChannelStream(channel, {
      broken: () => this.#gone,
      gather: () => this.#gather(),
      widen: this.#windows,
      rest: this.#rest,
    });
  }

  #open<T>(
    what: { kind: "exec" | "unix" | "tcp"; to: string },
    { signal }: Cancellable,
    open: (done: ChannelDone) => void,
    take: (channel: ClientChannel) => T,
  ): Promise<T> {
    if (this.#gone) return Promise.reject(this.#gone);
    if (signal?.aborted) return Promise.reject(new Failure("CANCELLED"));
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      const settle = (): boolean => {
        if (settled) return false;
        settled = true;
        stop();
        signal?.removeEventListener("abort", onAbort);
        return true;
      };
      const refuse = (failure: Failure) => {
        if (settle()) reject(failure);
      };
      const onAbort = () => refuse(new Failure("CANCELLED"));
      const stop = this.#clock.after(this.#channelMs, () =>
        refuse(new Failure("TIMED_OUT", { what: `opening ${what.to}`, ms: this.#channelMs }, { retryable: true })),
      );
      signal?.addEventListener("abort", onAbort, { once: true });
      const done: ChannelDone = (error, channel) => {
        if (error) return refuse(this.#gone ?? channelFailure(error, what));
        if (settle()) return resolve(take(channel));
        // Nobody waits for it any more.
        channel.resume();
        channel.destroy();
      };
      try {
        open(done);
      } catch (error) {
        refuse(this.#gone ?? new Failure("HOST_OFFLINE", { reason: reasonOf(error) }, { retryable: true }));
      }
    });
  }

  /** The client beneath holds the private key: whoever prints a connection sees no more than this. */
  [inspect.custom](): string {
    return `Connection { ${this.#gone ? "closed" : "open"} }`;
  }
}

type ChannelDone = (error: Error | undefined, channel: ClientChannel) => void;

/**
 * Speaks SSH over the wire: checks the host's key and proves who we are. Rejects with one `Failure` that says which of these failed.
 * `handshakeMs` does not run while a person is asked.
 */
export async function openConnection(deps: ConnectDeps): Promise<Connection> {
  const { target, clock, signal, hostKeys, hostId, timings, wire: socket } = deps;
  const { address, port } = target;
  const asked = keyQuestion(hostId, target);
  const knownTypes = await hostKeys.knownTypes(asked);
  const vouched = deps.leaveCertified === true && (await hostKeys.onRecord(asked)).authorities.length > 0;
  // ssh2 would wait for ever on a wire that broke before it listened: a proxy command that fails at once.
  if (socket.destroyed) {
    const reason = socket.errored === null ? "the connection was closed at once" : reasonOf(socket.errored);
    throw new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true });
  }

  // A socket closes when its other side has ended; a channel of a jump host would stay half open, and the connection
  // over it would pass for a live one until its keep-alives tell otherwise.
  socket.once("end", () => socket.destroy());

  let failure: Failure | null = null;
  const giveUp = (why: Failure) => {
    failure ??= why;
    socket.destroy();
  };
  const greeting = watchGreeting(socket, () =>
    giveUp(new Failure("NOT_SSH", { address, port, said: greeting.said() })),
  );
  const offer = watchOffer(socket, (types) => {
    if (vouched && types.some((type) => type.endsWith("-cert-v01@openssh.com"))) giveUp(leftToOpenSsh(target));
  });
  const patience = createPatience(clock, timings.handshakeMs, () => giveUp(tooSlow(target, greeting.state())));
  const onAbort = () => giveUp(new Failure("CANCELLED"));
  signal.addEventListener("abort", onAbort, { once: true });

  const ssh = new NodeSSH();
  try {
    const verify = verifyHostKey({ ...deps, asking: patience.during, giveUp });
    const connecting = ssh.connect({
      username: target.user,
      sock: socket,
      algorithms: chooseAlgorithms(runtimeAbilities(), knownTypes),
      hostVerifier: verify.verifier,
      authHandler: planAuth({ ...deps, asking: patience.during, giveUp }),
      // Our own clock counts instead: ssh2's would run on while a person reads a fingerprint.
      readyTimeout: 0,
      keepaliveInterval: 0,
      // What a server can do is shown by its answer, not by the name it gives itself.
      strictVendor: false,
    });
    const client = ssh.connection;
    if (client === null) throw new Error("node-ssh has no client");
    // node-ssh takes its listener off once connected; an error event without any listener would end the program.
    client.on("error", () => {});
    client.on("change password", () =>
      giveUp(
        new Failure("AUTH_FAILED", {
          address,
          port,
          user: target.user,
          tried: "password",
          offered: "",
          reason: "the password has expired",
        }),
      ),
    );
    await connecting.catch(async (error: unknown) => {
      socket.destroy();
      const cause = failure ?? connectFailure(error, target, greeting);
      // The server may lose patience (LoginGraceTime) while a person still reads: the answer must not be lost with it.
      await verify.answered();
      throw failure ?? cause;
    });
    const connection = new Connection(client, socket, deps);
    warmUp(connection);
    return connection;
  } finally {
    patience.stop();
    greeting.stop();
    offer.stop();
    signal.removeEventListener("abort", onAbort);
  }
}

function leftToOpenSsh({ address, port }: SshTarget): Failure {
  return new Failure("HOST_KEY_REJECTED", { address, port, reason: "host-certificate" });
}

function tooSlow({ address, port }: SshTarget, greeting: "nothing" | "other" | "seen"): Failure {
  const reason = greeting === "seen" ? "the handshake did not end in time" : "nothing was said in time";
  return new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true });
}

/**
 * sshd leaves Nagle's algorithm on until its first session channel runs a program: on a connection that only forwards,
 * every channel then takes 41 ms to open instead of 0.6 ms (measured with OpenSSH 9.2; openssh-portable PR 551). So one
 * program that does nothing is run; nobody waits for it, and a host that refuses it loses no more than that speed.
 */
function warmUp(connection: Connection): void {
  connection.exec(commandLine(["true"]), "true", {}, ignoreOutput).catch(() => {});
}

/** For a program that nobody listens to. */
export function ignoreOutput({ channel, stream }: SessionChannel): void {
  channel.stderr.resume();
  stream.resume();
  stream.end();
}
