import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure, isFailure } from "../../failure.ts";
import type { Clock } from "../../ports.ts";
import { agentSocket, type Env } from "../connection/agents.ts";
import { type KeyNote, skipOf } from "../connection/identity.ts";
import { readKeyFile } from "../connection/keyFile.ts";
import { agentUnavailable, listRing, type RingKey } from "../connection/ring.ts";
import { underHome } from "../paths.ts";
import type { SshAuth, SshTarget } from "../target.ts";
import { fingerprintOf } from "../trust/fingerprint.ts";
import { blobType } from "../trust/knownHosts.ts";
import { keyTypeOf } from "./keyType.ts";

interface KeyDeps {
  home: string;
  env: Env;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * The one key that the client may offer, as a file that it can be given: a private key, or the public half of one that
 * the agent holds. `null` where the configuration decides, or where no key is wanted.
 */
export async function chosenKey(auth: SshAuth, deps: KeyDeps, folder: string): Promise<string | null> {
  if (auth.kind === "agent") {
    return await publicFile(await oneOfRing(auth.fingerprint, deps), folder);
  }
  if (auth.kind !== "key") return null;
  const path = underHome(auth.path, deps.home);
  try {
    // OpenSSH takes no open key, whatever a person has allowed here.
    (await readKeyFile(path, { allowOpen: false })).fill(0);
    return path;
  } catch (error) {
    if (!isFailure(error, "KEY_FILE_UNREADABLE") || error.details.reason !== "ENOENT") throw error;
    // The private half may be in the agent alone.
    const blob = await publicBlob(`${path}.pub`);
    if (blob === null) throw error;
    return await held(blob, path, deps, folder);
  }
}

/** In the run's own folder: the client would refuse a public key that others may read, taking it for a private one. */
async function publicFile({ type, blob }: Pick<RingKey, "type" | "blob">, folder: string): Promise<string> {
  const path = join(folder, "key.pub");
  await writeFile(path, `${type} ${blob.toString("base64")}\n`, { mode: 0o600 });
  return path;
}

async function held(blob: Buffer, path: string, deps: KeyDeps, folder: string): Promise<string> {
  const { env, clock, signal } = deps;
  const type = blobType(blob) ?? "unknown";
  const refuse = (reason: string) =>
    /^sk-/.test(type)
      ? new Failure("SECURITY_KEY_MISSING", { key: path, type, reason })
      : new Failure("AGENT_UNAVAILABLE", { reason, fingerprint: fingerprintOf(blob), keys: 0 });
  const keys = await Promise.resolve()
    .then(() => listRing(agentSocket(env), clock, { signal }))
    .catch((error: unknown) => {
      throw isFailure(error, "AGENT_UNAVAILABLE") ? refuse(String(error.details.reason)) : error;
    });
  const key = keys.find((one) => one.blob.equals(blob));
  if (key === undefined) throw refuse("the agent does not hold it");
  return await publicFile(key, folder);
}

async function publicBlob(path: string): Promise<Buffer | null> {
  const [type = "", base64 = ""] = await readFile(path, "utf8").then(
    (text) => text.slice(0, 32 * 1024).split(/\s+/),
    () => [],
  );
  const blob = Buffer.from(base64, "base64");
  return type !== "" && blobType(blob) === type ? blob : null;
}

/** The keys that the client will find, for the connection doctor. */
export async function keysAtHand(
  { auth }: SshTarget,
  deps: KeyDeps,
): Promise<{ offered: KeyNote[]; skipped: KeyNote[] }> {
  const offered: KeyNote[] = [];
  const skipped: KeyNote[] = [];
  const files = auth.kind === "key" ? [auth.path] : auth.kind === "config" ? auth.files : [];
  for (const path of files.map((file) => underHome(file, deps.home))) {
    const type = (await keyTypeOf(path)) ?? (await keyTypeOf(`${path}.pub`)) ?? "";
    const note: KeyNote = { what: path, from: "file", type, fingerprint: "", reason: "", detail: "" };
    try {
      (await readKeyFile(path, { allowOpen: false })).fill(0);
      offered.push(note);
    } catch (error) {
      if (!isFailure(error)) throw error;
      const detail = String(error.details.reason ?? error.details.mode ?? "");
      skipped.push({ ...note, reason: skipOf(error), detail });
    }
  }
  const withRing = auth.kind === "agent" || (auth.kind === "config" && auth.agent !== "none");
  if (withRing) await addRing(auth, deps, { offered, skipped });
  return { offered, skipped };
}

async function addRing(
  auth: SshAuth,
  { env, clock, signal }: KeyDeps,
  { offered, skipped }: { offered: KeyNote[]; skipped: KeyNote[] },
): Promise<void> {
  try {
    const socket = auth.kind === "config" && auth.agent !== null ? auth.agent : agentSocket(env);
    for (const { type, fingerprint, comment } of await listRing(socket, clock, { signal })) {
      const note: KeyNote = { what: comment, from: "agent", type, fingerprint, reason: "", detail: "" };
      if (auth.kind !== "agent" || auth.fingerprint === undefined || auth.fingerprint === fingerprint)
        offered.push(note);
    }
  } catch (error) {
    if (!isFailure(error, "AGENT_UNAVAILABLE")) throw error;
    const detail = String(error.details.reason ?? "");
    skipped.push({ what: "", from: "agent", type: "", fingerprint: "", reason: "agent-unavailable", detail });
  }
}

async function oneOfRing(fingerprint: string | undefined, { env, clock, signal }: KeyDeps): Promise<RingKey> {
  const keys = await listRing(agentSocket(env), clock, { signal });
  const found = fingerprint === undefined ? keys : keys.filter((key) => key.fingerprint === fingerprint);
  const [key] = found;
  if (key === undefined) {
    const reason = fingerprint === undefined ? "it holds no usable key" : "it does not hold the chosen key";
    throw new Failure("AGENT_UNAVAILABLE", { reason, fingerprint: fingerprint ?? "", keys: keys.length });
  }
  if (found.length > 1) throw agentUnavailable("it holds several keys: choose one");
  return key;
}
