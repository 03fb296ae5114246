import { connect } from "node:tls";
import { Failure, reasonOf } from "../failure.ts";
import type { ByteStream } from "../ports.ts";

export interface Secured {
  stream: ByteStream;
  /** SHA-256 of the server's certificate, as `AB:CD:…`. */
  certificate: string;
}

const handshakeMs = 10_000;

/**
 * TLS over a stream to a server. Its name is no help (it is an address of its own host, and most certificates are
 * signed by themselves), so the certificate itself is what counts: nothing is said to a server that shows another one
 * than it is known by. `NOTEBOOK_CERT_CHANGED` {was, now}, `NOTEBOOK_DOWN` {reason}.
 */
export function secured(stream: ByteStream, known: string | null, signal?: AbortSignal): Promise<Secured> {
  return new Promise((resolve, reject) => {
    const wire = connect({ socket: stream, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    const fail = (error: unknown) => {
      done();
      wire.destroy();
      stream.destroy();
      reject(error);
    };
    const onAbort = () => fail(new Failure("CANCELLED"));
    const onError = (error: unknown) => fail(new Failure("NOTEBOOK_DOWN", { reason: `TLS: ${reasonOf(error)}` }));
    const onClose = () => onError(new Error("closed"));
    const timer = setTimeout(() => onError(new Error(`no answer in ${handshakeMs / 1000} s`)), handshakeMs);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      wire.off("close", onClose);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    wire.on("error", onError);
    wire.once("close", onClose);
    wire.once("secureConnect", () => {
      const certificate = wire.getPeerCertificate().fingerprint256 ?? "";
      if (certificate === "") return onError(new Error("no certificate"));
      if (known !== null && known !== certificate) {
        return fail(new Failure("NOTEBOOK_CERT_CHANGED", { was: known, now: certificate }));
      }
      done();
      wire.off("error", onError);
      wire.on("error", () => {});
      wire.once("close", () => stream.destroy());
      resolve({ stream: wire, certificate });
    });
    if (signal?.aborted) onAbort();
  });
}
