import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure, isFailure } from "../../failure.ts";
import type { Clock } from "../../ports.ts";
import { agentSocket, type Env } from "../connection/agents.ts";
import { type KeyNote, skipOf } from "../connection/identity.ts";
import { readKeyFile } from "../connection/keyFile.ts";
import { agentUnavailable, listRing, type RingKey } from "../connection/ring.ts";
import { underHome } from "../paths.ts";
import type { SshAuth, SshTarget } from "../target.ts";
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
    const { type, blob } = await oneOfRing(auth.fingerprint, deps);
    const path = join(folder, "key.pub");
    await writeFile(path, `${type} ${blob.toString("base64")}\n`, { mode: 0o600 });
    return path;
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
    if ((await keyTypeOf(`${path}.pub`)) === null) throw error;
    return `${path}.pub`;
  }
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
