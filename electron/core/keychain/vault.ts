/** A passphrase vault: one file that holds every value, for machines without a keychain. */
import { createHash, scrypt } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { Failure } from "../failure.ts";
import { type AtomicDeps, errorCode, writeFileAtomic } from "../store/index.ts";
import { type SealedBox, seal, sealedBox, unseal } from "./aead.ts";
import type { Backend } from "./backend.ts";
import { type Entries, packEntries, unpackEntries, wipeEntries } from "./entries.ts";

export interface VaultDeps extends AtomicDeps {
  file: string;
  /** scrypt's N for a new vault, a power of two. Tests take a small one; default 2^17. */
  scryptCost?: number | undefined;
}

export interface Vault extends Backend {
  exists(): boolean;
  isOpen(): boolean;
  /** `CONFLICT` when there is a file already. Open afterwards. */
  create(passphrase: Uint8Array): Promise<void>;
  /** `VAULT_PASSPHRASE_WRONG`, `VAULT_CORRUPT`, `NOT_FOUND`; the file is not touched in any case. */
  open(passphrase: Uint8Array): Promise<void>;
  close(): void;
}

/** RFC 7914; N, r and p as OWASP's password storage page asks for: 128 MiB and some 0.3 s a try. */
const DEFAULT_COST = 2 ** 17;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const KEY_BYTES = 32;
const SALT_BYTES = 32;

const powerOfTwo = (n: number) => Number.isInteger(Math.log2(n));
/** The upper limits keep a file that was tampered with from taking gigabytes before the passphrase is even tried. */
const kdfSchema = z.strictObject({
  name: z.literal("scrypt"),
  N: z
    .number()
    .int()
    .min(2)
    .max(2 ** 20)
    .refine(powerOfTwo),
  r: z.number().int().min(1).max(16),
  p: z.number().int().min(1).max(4),
  salt: z.base64(),
});
type Kdf = z.infer<typeof kdfSchema>;

/**
 * `key` is the vault's own random key, sealed by the key that comes of the passphrase; `body` is all entries, sealed by
 * the vault's key. Two steps, because then a wrong passphrase (key does not open) and a damaged file (body does not
 * open) are different things. `sum` is a plain SHA-256 of the rest: it tells a damaged disk from a wrong passphrase.
 */
const vaultFile = z.strictObject({
  v: z.literal(1),
  kdf: kdfSchema,
  key: sealedBox,
  body: sealedBox,
  sum: z.string(),
});
type VaultFile = z.infer<typeof vaultFile>;

export function createVault(deps: VaultDeps): Vault {
  let key: Buffer | null = null;
  const file = basename(deps.file);
  const corrupt = (reason: string) => new Failure("VAULT_CORRUPT", { file, reason });

  async function load(): Promise<VaultFile> {
    let text: string;
    try {
      text = await readFile(deps.file, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") throw new Failure("NOT_FOUND", { what: file });
      throw corrupt(`it cannot be read (${errorCode(error) ?? "unknown"})`);
    }
    const parsed = vaultFile.safeParse(parseJson(text));
    if (!parsed.success) throw corrupt("it does not have the expected form");
    if (sumOf(parsed.data) !== parsed.data.sum) throw corrupt("its checksum does not fit");
    return parsed.data;
  }

  async function save(content: Omit<VaultFile, "sum">): Promise<void> {
    await writeFileAtomic(deps.file, `${JSON.stringify({ ...content, sum: sumOf(content) })}\n`, deps);
  }

  function entriesOf(content: VaultFile, opened: Buffer): Entries {
    const packed = unseal(opened, bodyContext(content.kdf), content.body);
    if (packed === null) throw corrupt("its entries do not open with its key");
    const entries = unpackEntries(packed);
    packed.fill(0);
    if (entries === null) throw corrupt("its entries do not have the expected form");
    return entries;
  }

  /** Reads the entries, lends them, overwrites them; written back when `change` says so. */
  async function withEntries<T>(use: (entries: Entries) => { result: T; changed: boolean }): Promise<T> {
    if (key === null) throw new Failure("KEYCHAIN_LOCKED", {}, { retryable: true });
    const opened = key;
    const content = await load();
    // Locking overwrites the key, also under the hands of a call that is waiting for the disk.
    if (key !== opened) throw new Failure("KEYCHAIN_LOCKED", {}, { retryable: true });
    const entries = entriesOf(content, opened);
    try {
      const { result, changed } = use(entries);
      if (changed) await save({ ...content, body: sealEntries(deps, opened, content.kdf, entries) });
      return result;
    } finally {
      wipeEntries(entries);
    }
  }

  return {
    exists: () => existsSync(deps.file),
    isOpen: () => key !== null,
    async create(passphrase) {
      if (existsSync(deps.file)) throw new Failure("CONFLICT", { what: file });
      const salt = deps.random.bytes(SALT_BYTES).toString("base64");
      const kdf: Kdf = { name: "scrypt", N: deps.scryptCost ?? DEFAULT_COST, r: BLOCK_SIZE, p: PARALLEL, salt };
      const wrapping = await derive(passphrase, kdf);
      const fresh = deps.random.bytes(KEY_BYTES);
      const wrapped = seal(deps.random, wrapping, keyContext(kdf), fresh);
      wrapping.fill(0);
      await save({ v: 1, kdf, key: wrapped, body: sealEntries(deps, fresh, kdf, new Map()) });
      key = fresh;
    },
    async open(passphrase) {
      const content = await load();
      const wrapping = await derive(passphrase, content.kdf);
      const opened = unseal(wrapping, keyContext(content.kdf), content.key);
      wrapping.fill(0);
      if (opened === null) throw new Failure("VAULT_PASSPHRASE_WRONG", {}, { retryable: true });
      wipeEntries(entriesOf(content, opened));
      key?.fill(0);
      key = opened;
    },
    close() {
      key?.fill(0);
      key = null;
    },
    put: (space, name, value) =>
      withEntries((entries) => {
        const names = entries.get(space) ?? new Map<string, Buffer>();
        names.get(name)?.fill(0);
        entries.set(space, names.set(name, Buffer.from(value)));
        return { result: undefined, changed: true };
      }),
    get: (space, name) =>
      withEntries((entries) => {
        const value = entries.get(space)?.get(name);
        return { result: value === undefined ? null : Buffer.from(value), changed: false };
      }),
    remove: (space, name) =>
      withEntries((entries) => {
        const gone = entries.get(space)?.delete(name) ?? false;
        return { result: gone, changed: gone };
      }),
    names: (space) =>
      withEntries((entries) => {
        const names = [...(entries.get(space)?.keys() ?? [])];
        return { result: names.map((name) => ({ name, store: "vault" as const })), changed: false };
      }),
  };
}

function sealEntries(deps: VaultDeps, key: Buffer, kdf: Kdf, entries: Entries): SealedBox {
  const packed = packEntries(entries);
  const box = seal(deps.random, key, bodyContext(kdf), packed);
  packed.fill(0);
  return box;
}

const keyContext = (kdf: Kdf) => `gatehouse vault v1 key ${kdfText(kdf)}`;
const bodyContext = (kdf: Kdf) => `gatehouse vault v1 body ${kdfText(kdf)}`;
const kdfText = (kdf: Kdf) => `${kdf.name} ${kdf.N} ${kdf.r} ${kdf.p} ${kdf.salt}`;

function sumOf(content: Omit<VaultFile, "sum">): string {
  const boxes = [content.key, content.body].map((box) => `${box.nonce} ${box.tag} ${box.data}`);
  return createHash("sha256")
    .update([content.v, kdfText(content.kdf), ...boxes].join("\n"))
    .digest("hex");
}

function derive(passphrase: Uint8Array, kdf: Kdf): Promise<Buffer> {
  const { N, r, p } = kdf;
  // scrypt takes 128·N·r bytes; Node asks for a limit above that, with some room for its own blocks.
  const options = { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(composed(passphrase), Buffer.from(kdf.salt, "base64"), KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/**
 * The same letters may arrive composed or in parts (`й`, `ё`, `é`), depending on the system that they are typed on:
 * NFKC makes them one (as RFC 8265 does for passwords). Bytes that are not UTF-8 are taken as they are.
 */
function composed(passphrase: Uint8Array): Uint8Array {
  try {
    return Buffer.from(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(passphrase).normalize("NFKC"));
  } catch {
    return passphrase;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
