import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import type { TLSSocket } from "node:tls";
import { type Environment, integer, readTls } from "./settings.ts";

const TIMEOUT_MS = 2_000;

/** Asks the server in this container whether it lives: true on a 200. For the image's health check. */
export function checkHealth(env: Environment): Promise<boolean> {
  const tls = readTls(env);
  const options = {
    host: loopbackOf(env.HOST || "0.0.0.0"),
    port: integer(env, "PORT", 8000, 1, 65_535),
    path: "/health",
    timeout: TIMEOUT_MS,
  };
  return new Promise((resolve) => {
    const onResponse = (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode === 200);
    };
    // No name fits the loopback address; instead the peer must show the very certificate that we were given.
    const request =
      tls === null
        ? requestPlain(options, onResponse)
        : requestTls({ ...options, rejectUnauthorized: false }, onResponse);
    if (tls !== null) {
      const own = new X509Certificate(readFileSync(tls.certFile)).fingerprint256;
      request.on("socket", (socket) => {
        const secure = socket as TLSSocket;
        secure.on("secureConnect", () => {
          if (secure.getPeerX509Certificate()?.fingerprint256 !== own) secure.destroy(new Error("another certificate"));
        });
      });
    }
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", () => resolve(false));
    request.end();
  });
}

function loopbackOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
