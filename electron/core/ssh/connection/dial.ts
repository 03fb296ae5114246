import { lookup } from "node:dns/promises";
import { connect, type Socket } from "node:net";
import { Failure, reasonOf } from "../../failure.ts";
import type { Cancellable, Clock } from "../../ports.ts";
import { readInSlabs } from "./readSlab.ts";

export interface DialTarget {
  address: string;
  port: number;
}

const unreachable = new Set([
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EHOSTDOWN",
  "ENETDOWN",
  "ECONNRESET",
  "EPIPE",
]);

/**
 * A TCP connection without Nagle's delay. The name is resolved apart from connecting, so that `HOST_NAME_UNRESOLVED`,
 * `HOST_REFUSED` and `HOST_UNREACHABLE` (nothing within `timeoutMs`) are told apart; all addresses of a name are tried
 * (RFC 8305, by Node). The socket is paused: no byte is lost before somebody listens.
 */
export async function dial(
  { address, port }: DialTarget,
  { clock, timeoutMs, signal }: Cancellable & { clock: Clock; timeoutMs: number },
): Promise<Socket> {
  const addresses = await lookup(address, { all: true, verbatim: true }).catch((error: unknown) => {
    throw new Failure("HOST_NAME_UNRESOLVED", { address, reason: codeOf(error) }, { retryable: true, cause: error });
  });
  if (signal?.aborted) throw new Failure("CANCELLED");

  return await new Promise<Socket>((resolve, reject) => {
    const socket: Socket = connect({
      host: address,
      port,
      onread: readInSlabs(() => socket),
      noDelay: true,
      autoSelectFamily: true,
      lookup: (_name, options, done) => {
        const [first] = addresses;
        if (options.all || first === undefined) done(null, addresses);
        else done(null, first.address, first.family);
      },
    });
    const fail = (failure: Failure) => {
      settle();
      socket.on("error", () => {});
      socket.destroy();
      reject(failure);
    };
    const stopTimer = clock.after(timeoutMs, () =>
      fail(
        new Failure("HOST_UNREACHABLE", { address, port, reason: `no answer in ${timeoutMs} ms` }, { retryable: true }),
      ),
    );
    const onAbort = () => fail(new Failure("CANCELLED"));
    const onError = (error: unknown) => fail(socketFailure(error, { address, port }));
    const onConnect = () => {
      settle();
      socket.pause();
      resolve(socket);
    };
    const settle = () => {
      stopTimer();
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      socket.off("connect", onConnect);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.on("error", onError);
    socket.on("connect", onConnect);
  });
}

/** What a failed socket means to a person. */
export function socketFailure(error: unknown, target: DialTarget): Failure {
  const code = codeOf(error);
  const details = { ...target, reason: code };
  if (code === "ECONNREFUSED") return new Failure("HOST_REFUSED", details, { retryable: true, cause: error });
  const known = unreachable.has(code) ? code : reasonOf(error);
  return new Failure("HOST_UNREACHABLE", { ...target, reason: known }, { retryable: true, cause: error });
}

/** `ECONNREFUSED` and its kin; of several tried addresses the one that says most. */
function codeOf(error: unknown): string {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  const codes = errors.map((one) =>
    typeof one === "object" && one !== null && "code" in one && typeof one.code === "string" ? one.code : reasonOf(one),
  );
  return codes.find((code) => code === "ECONNREFUSED") ?? codes[0] ?? "unknown";
}
