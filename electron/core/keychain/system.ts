/** Values in the operating system's keychain, one entry each; what does not fit there lies sealed beside it. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { Keyring } from "../ports.ts";
import { type AtomicDeps, errorCode, writeFileAtomic } from "../store/index.ts";
import { seal, sealedBox, unseal } from "./aead.ts";
import { type Backend, OWN_SPACE } from "./backend.ts";
import { MASTER_KEY } from "./limits.ts";

export interface SystemDeps extends AtomicDeps {
  keyring: Keyring;
  /** Folder for the sealed files. */
  folder: string;
}

/**
 * What the keychain's entry holds when the value itself is sealed in a file: a person who looks at the entry in the
 * system's own tool should understand it. A secret that begins with these words is sealed too, so they are no value.
 */
const MARKER = "Sealed by Gatehouse in its data folder: sealed/";
const KEY_BYTES = 32;

const sealedFile = z.strictObject({ v: z.literal(1), box: sealedBox });

export function systemBackend(deps: SystemDeps): Backend {
  const { keyring } = deps;
  const fileOf = (space: string, name: string) => join(deps.folder, fileName(space, name));

  async function masterKey(): Promise<Buffer | null> {
    const text = await call(() => keyring.get(OWN_SPACE, MASTER_KEY));
    if (text === null) return null;
    const key = Buffer.from(text, "base64");
    if (key.length !== KEY_BYTES)
      throw new Failure("VAULT_CORRUPT", { file: "sealed", reason: "the master key in the keychain is damaged" });
    return key;
  }

  async function makeMasterKey(): Promise<Buffer> {
    const key = deps.random.bytes(KEY_BYTES);
    await call(() => keyring.set(OWN_SPACE, MASTER_KEY, key.toString("base64")));
    return key;
  }

  async function putSealed(space: string, name: string, value: Uint8Array): Promise<void> {
    const key = (await masterKey()) ?? (await makeMasterKey());
    const box = seal(deps.random, key, contextOf(space, name), value);
    key.fill(0);
    // The file first: an entry that points to nothing would be a lost secret, a file without an entry is only litter.
    await writeFileAtomic(fileOf(space, name), `${JSON.stringify({ v: 1, box })}\n`, deps);
    await call(() => keyring.set(space, name, MARKER + fileName(space, name)));
  }

  async function getSealed(space: string, name: string): Promise<Buffer> {
    const file = fileName(space, name);
    const corrupt = (reason: string) => new Failure("VAULT_CORRUPT", { file: `sealed/${file}`, name, reason });
    const content = sealedFile.safeParse(await readJson(fileOf(space, name)));
    if (!content.success) throw corrupt("the file is missing or damaged");
    const key = await masterKey();
    if (key === null) throw corrupt("its key is not in the keychain");
    const value = unseal(key, contextOf(space, name), content.data.box);
    key.fill(0);
    if (value === null) throw corrupt("the file was changed, or belongs to another key");
    return value;
  }

  return {
    async put(space, name, value) {
      const text = fitting(value, keyring.maxBytes);
      if (text === null) return putSealed(space, name, value);
      await call(() => keyring.set(space, name, text));
      await rm(fileOf(space, name), { force: true });
    },
    async get(space, name) {
      const text = await call(() => keyring.get(space, name));
      if (text === null) return null;
      return text.startsWith(MARKER) ? getSealed(space, name) : Buffer.from(text);
    },
    async remove(space, name) {
      const there = await call(() => keyring.delete(space, name));
      await rm(fileOf(space, name), { force: true });
      return there;
    },
    async names(space) {
      const names = await call(() => keyring.accounts(space));
      return names.map((name) => ({ name, store: existsSync(fileOf(space, name)) ? "sealed" : "keychain" }));
    },
  };
}

/** The value as text, or null when it is not text, has a NUL, is too long, or would be read as a marker. */
function fitting(value: Uint8Array, maxBytes: number): string | null {
  if (value.length > maxBytes || value.includes(0)) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    return text.startsWith(MARKER) ? null : text;
  } catch {
    return null;
  }
}

function contextOf(space: string, name: string): string {
  return `${space.slice(OWN_SPACE.length + 1)}/${name}`;
}

/** SHA-256 of `<environment>/<name>`: names may differ by case alone, which some file systems don't tell apart. */
function fileName(space: string, name: string): string {
  return `${createHash("sha256").update(contextOf(space, name)).digest("hex")}.json`;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (errorCode(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw new Failure("VAULT_CORRUPT", { file: "sealed", reason: errorCode(error) ?? "unreadable" }, { cause: error });
  }
}

async function call<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (isFailure(error)) throw error;
    // Some backends quote what they were given; the first line is enough to tell what is wrong with the keychain.
    const reason = (reasonOf(error).split("\n", 1)[0] ?? "").slice(0, 200);
    throw new Failure("KEYCHAIN_UNAVAILABLE", { reason }, { retryable: true });
  }
}
