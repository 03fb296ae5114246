import { z } from "zod";
import type { SecretRef } from "../../contract/containers.ts";

/** What is known of a secret beside its value. A removed one stays, so that its number is never given again. */
export const secretsFile = z.object({
  secrets: z.array(
    z.object({
      environment: z.string(),
      name: z.string(),
      version: z.number().int().positive(),
      createdAt: z.number().int().nonnegative().nullable(),
      updatedAt: z.number().int().nonnegative().nullable(),
      weak: z.boolean(),
      removed: z.boolean(),
    }),
  ),
});
export type SecretsFile = z.infer<typeof secretsFile>;
export type SecretMeta = SecretsFile["secrets"][number];

export interface SecretsStore {
  get(): SecretsFile;
  update(change: (current: SecretsFile) => SecretsFile): Promise<unknown>;
}

export const keyOf = (of: Pick<SecretRef, "environment" | "name">) => `${of.environment}/${of.name}`;

/** Where there is a secret of this name. */
export function environmentsOf(file: SecretsFile, name: string): string[] {
  return file.secrets.filter((meta) => meta.name === name && !meta.removed).map(({ environment }) => environment);
}

/** Numbers and dates of secrets, and which of them the keychain held when it was last listed. Keys are {@link keyOf}. */
export interface Ledger {
  metaOf(key: string): SecretMeta | undefined;
  /** `undefined` forgets it. */
  setMeta(key: string, meta: SecretMeta | undefined): Promise<void>;
  /** The number that a value in the keychain has: one that somebody put there without us counts as the next. */
  numberOf(key: string): number;
  /** Newest version, `null` when there is none; by what was last seen. */
  versionOf(key: string): number | null;
  saw(keys: readonly string[]): void;
  appeared(key: string): void;
  vanished(key: string): void;
}

export function createLedger(store: SecretsStore): Ledger {
  /** `null` while the keychain was never listed. */
  let present: Set<string> | null = null;
  const metaOf = (key: string) => store.get().secrets.find((meta) => keyOf(meta) === key);

  function numberOf(key: string): number {
    const meta = metaOf(key);
    if (meta === undefined) return 1;
    return meta.removed ? meta.version + 1 : meta.version;
  }

  return {
    metaOf,
    numberOf,
    async setMeta(key, meta) {
      await store.update((file) => ({
        secrets: [...file.secrets.filter((each) => keyOf(each) !== key), ...(meta === undefined ? [] : [meta])],
      }));
    },
    versionOf(key) {
      if (present !== null) return present.has(key) ? numberOf(key) : null;
      const meta = metaOf(key);
      return meta === undefined || meta.removed ? null : meta.version;
    },
    saw(keys) {
      present = new Set(keys);
    },
    appeared: (key) => void present?.add(key),
    vanished: (key) => void present?.delete(key),
  };
}
