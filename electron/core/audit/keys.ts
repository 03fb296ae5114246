/** The keys of a log and the place of its newest row, kept apart from it: with the console's own keys. */
import { createHash, type KeyObject } from "node:crypto";
import { resolve } from "node:path";
import { z } from "zod";
import type { Random } from "../ports.ts";
import { newSigningKey, publicKeyOf, readSigningKey } from "./checkpoint.ts";
import { keyIdOf } from "./record.ts";

/** Raw keys by name, as the keychain room offers them. */
export interface AuditKeyStore {
  get(name: string): Promise<Buffer | null>;
  put(name: string, value: Uint8Array): Promise<void>;
}

/** How far the log had come when the console last said so elsewhere. */
export const auditHead = z.strictObject({ log_id: z.string(), seq: z.number().int().positive(), hash: z.string() });
export type AuditHead = z.infer<typeof auditHead>;

export interface AuditKeys {
  key: Buffer;
  keyId: string;
  signing: KeyObject;
  publicKey: string;
  /** As it was when the keys were read. */
  head: AuditHead | null;
}

export const AUDIT_KEY = "audit-key";
export const AUDIT_SIGNING_KEY = "audit-signing-key";
const KEY_BYTES = 32;

/** One head a folder, because one person may keep several data folders under one keychain. */
export function headName(folder: string): string {
  return `audit-head-${createHash("sha256").update(resolve(folder)).digest("hex").slice(0, 12)}`;
}

/** Reads the keys, and makes those that are missing or damaged. Rejects as the store does. */
export async function loadKeys(
  store: AuditKeyStore,
  random: Pick<Random, "bytes">,
  folder: string,
): Promise<AuditKeys> {
  let key = await store.get(AUDIT_KEY);
  if (key?.length !== KEY_BYTES) {
    key = random.bytes(KEY_BYTES);
    await store.put(AUDIT_KEY, key);
  }
  let signing = readSigningKey((await store.get(AUDIT_SIGNING_KEY)) ?? Buffer.alloc(0));
  if (signing === null) {
    const fresh = newSigningKey();
    await store.put(AUDIT_SIGNING_KEY, fresh);
    signing = readSigningKey(fresh);
    fresh.fill(0);
  }
  if (signing === null) throw new Error("a new signing key cannot be read back");
  const head = readHead(await store.get(headName(folder)));
  return { key, keyId: keyIdOf(key), signing, publicKey: publicKeyOf(signing), head };
}

export function readHead(bytes: Buffer | null): AuditHead | null {
  if (bytes === null) return null;
  try {
    return auditHead.safeParse(JSON.parse(bytes.toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
}

/** Puts the keys into a store that does not have them: the person chose another place for the console's credentials. */
export async function keepKeys(store: AuditKeyStore, keys: AuditKeys): Promise<void> {
  if ((await store.get(AUDIT_KEY)) !== null) return;
  await store.put(AUDIT_KEY, keys.key);
  const der = keys.signing.export({ format: "der", type: "pkcs8" });
  await store.put(AUDIT_SIGNING_KEY, der);
  der.fill(0);
}
