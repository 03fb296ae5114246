import type { Client, ClientChannel } from "ssh2";
import { Failure, reasonOf } from "../../failure.ts";
import type { ByteStream, Cancellable, Clock } from "../../ports.ts";
import type { RemoteAddress, RemoteCaller, RemoteListener } from "../types.ts";

export interface RemoteListeners {
  listen(at: RemoteAddress, onCaller: (caller: RemoteCaller) => void, options: Cancellable): Promise<RemoteListener>;
}

export interface RemoteListenersDeps {
  clock: Clock;
  /** Until the server has answered. */
  waitMs: number;
  gone(): Failure | null;
  streamOf(channel: ClientChannel): ByteStream;
}

type Accept = () => ClientChannel;

/** `127.0.0.1:9000` or a path, for messages. */
export function remoteName(at: RemoteAddress): string {
  if (at.kind === "unix") return at.path;
  return at.host.includes(":") ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
}

/** Listeners that the server keeps for one connection: asking for them, and telling who came to which. */
export function createRemoteListeners(client: Client, deps: RemoteListenersDeps): RemoteListeners {
  const listening = new Map<string, (caller: RemoteCaller) => void>();

  function came(key: string, accept: Accept, reject: () => void): void {
    const onCaller = listening.get(key);
    if (onCaller === undefined) {
      reject();
      return;
    }
    onCaller({
      accept() {
        const gone = deps.gone();
        if (gone !== null) throw gone;
        return deps.streamOf(accept());
      },
      refuse() {
        if (deps.gone() === null) reject();
      },
    });
  }
  client.on("tcp connection", ({ destIP, destPort }, accept: Accept, reject) =>
    came(remoteName({ kind: "tcp", host: destIP, port: destPort }), accept, reject),
  );
  // Its channel is the same as that of "tcp connection"; the types know a wider one.
  client.on("unix connection", ({ socketPath }, accept, reject) => came(socketPath, accept as Accept, reject));

  function close(at: RemoteAddress): Promise<void> {
    listening.delete(remoteName(at));
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        client.off("close", done);
        resolve();
      };
      const cancel = deps.clock.after(deps.waitMs, done);
      // Requests that a broken connection leaves unanswered are not called back.
      client.once("close", done);
      try {
        if (deps.gone() !== null) done();
        else if (at.kind === "tcp") client.unforwardIn(at.host, at.port, done);
        else client.openssh_unforwardInStreamLocal(at.path, done);
      } catch {
        // Not connected any more: nothing listens there either.
        done();
      }
    });
  }

  return {
    listen(at, onCaller, { signal }) {
      const gone = deps.gone();
      if (gone !== null) return Promise.reject(gone);
      if (signal?.aborted) return Promise.reject(new Failure("CANCELLED"));
      return new Promise<RemoteListener>((resolve, reject) => {
        const settle = () => {
          cancel();
          signal?.removeEventListener("abort", onAbort);
          client.off("close", onClose);
        };
        let settled = false;
        const refuse = (failure: Failure) => {
          if (settled) return;
          settled = true;
          settle();
          reject(failure);
        };
        const onAbort = () => refuse(new Failure("CANCELLED"));
        const onClose = () => refuse(deps.gone() ?? new Failure("HOST_OFFLINE", {}, { retryable: true }));
        const cancel = deps.clock.after(deps.waitMs, () =>
          refuse(new Failure("TIMED_OUT", { what: `listening on ${remoteName(at)}`, ms: deps.waitMs })),
        );
        signal?.addEventListener("abort", onAbort, { once: true });
        client.once("close", onClose);
        ask(client, at, (error, port) => {
          if (error) return refuse(deps.gone() ?? refusal(at, error));
          const where = at.kind === "tcp" ? { ...at, port: port ?? at.port } : at;
          // Nobody waits for it any more.
          if (settled) return void close(where);
          settled = true;
          settle();
          // Before anything more is read from the host: the first caller may be in the same packet.
          listening.set(remoteName(where), onCaller);
          let closing: Promise<void> | null = null;
          resolve({
            port: where.kind === "tcp" ? where.port : null,
            close() {
              closing ??= close(where);
              return closing;
            },
          });
        });
      });
    },
  };
}

function ask(client: Client, at: RemoteAddress, done: (error?: Error | null, port?: number) => void): void {
  try {
    if (at.kind === "tcp") client.forwardIn(at.host, at.port, done);
    else client.openssh_forwardInStreamLocal(at.path, (error) => done(error));
  } catch (error) {
    done(error instanceof Error ? error : new Error(reasonOf(error)));
  }
}

/** A refusal comes without a reason (RFC 4254, section 4): all that is known is what was asked. */
export function refusal(at: RemoteAddress, error: unknown): Failure {
  return new Failure("REMOTE_LISTEN_REFUSED", { at: remoteName(at), reason: "" }, { cause: error });
}
