import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { isFailure } from "../../failure.ts";
import type { Cancellable, Clock } from "../../ports.ts";
import type { ConfiguredHost } from "../config/settings.ts";
import { agentSocket, type Env } from "../connection/agents.ts";
import { listRing, needsOpenSsh } from "../connection/ring.ts";
import { underHome } from "../paths.ts";
import type { SshAuth } from "../target.ts";
import { keyTypeOf } from "./keyType.ts";

/** Who carries the connection. The library cannot prove itself with certificates or security keys; OpenSSH's client can. */
export interface Transport {
  by: "library" | "system";
  reason: "default" | "chosen" | "certificate" | "security-key" | "host-certificate";
  /** Certificates that are there, for their dates. */
  certificates: string[];
}

export interface ChooseDeps extends Cancellable {
  home: string;
  env: Env;
  clock: Clock;
}

export async function chooseTransport(
  wish: "auto" | "library" | "system" | undefined,
  auth: SshAuth,
  host: ConfiguredHost | null,
  deps: ChooseDeps,
): Promise<Transport> {
  const named = auth.kind === "key" ? [auth.path] : auth.kind === "config" ? [...auth.files] : [];
  const keys = named.map((path) => underHome(path, deps.home));
  const beside = keys.map((path) => `${path}-cert.pub`);
  const wanted = [...new Set([...(host?.certificateFiles ?? []), ...beside])];
  const there = await Promise.all(wanted.map(isFile));
  const certificates = wanted.filter((_, index) => there[index]);
  if (wish === "system" || wish === "library") return { by: wish, reason: "chosen", certificates };
  if (certificates.length > 0) return { by: "system", reason: "certificate", certificates };
  const types = await typesAtHand(auth, keys, deps);
  // One plain key among them and the library tries: it is faster, and says which keys it had to pass over.
  if (types.length === 0 || !types.every(needsOpenSsh)) return { by: "library", reason: "default", certificates };
  const fido = types.some((type) => /^sk-/.test(type));
  return { by: "system", reason: fido ? "security-key" : "certificate", certificates };
}

/** Types of the keys that would be offered. A file may be the public half of what the agent holds. */
async function typesAtHand(auth: SshAuth, keys: readonly string[], deps: ChooseDeps): Promise<string[]> {
  if (auth.kind === "password" || auth.kind === "interactive") return [];
  const files = await Promise.all(
    keys.map(async (path) => (await keyTypeOf(path)) ?? (await keyTypeOf(`${path}.pub`))),
  );
  const known = files.filter((type) => type !== null);
  // What the configuration names for this host is meant for it, whatever else lies about.
  const meant = files.filter((type, index) => type !== null && isMeant(keys, index) && needsOpenSsh(type));
  if (auth.kind === "config" && meant.length > 0) return meant.filter((type) => type !== null);
  if (auth.kind === "key" || (auth.kind === "config" && (auth.identitiesOnly || auth.agent === "none"))) return known;
  const ring = await ringTypes(auth, deps);
  return auth.kind === "agent" ? ring : [...known, ...ring];
}

/** Names that OpenSSH tries when nobody named any. */
const usualName = /^id_(rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)$/;
const isMeant = (keys: readonly string[], index: number) =>
  keys.length === 1 || !usualName.test(basename(keys[index] ?? ""));

/** An agent that cannot be asked holds nothing here; the connection will say what is wrong with it. */
async function ringTypes(auth: SshAuth, { env, clock, signal }: ChooseDeps): Promise<string[]> {
  try {
    const socket = auth.kind === "config" && auth.agent !== null ? auth.agent : agentSocket(env);
    const keys = await listRing(socket, clock, { signal });
    const chosen = auth.kind === "agent" ? auth.fingerprint : undefined;
    return keys.filter((key) => chosen === undefined || key.fingerprint === chosen).map(({ type }) => type);
  } catch (error) {
    if (isFailure(error, "AGENT_UNAVAILABLE")) return [];
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
