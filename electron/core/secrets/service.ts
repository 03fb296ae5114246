import { z } from "zod";
import type { SecretRef } from "../../contract/containers.ts";
import type { SecretRow } from "../../contract/secrets.ts";
import { Failure, isFailure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { createSerial } from "../serial.ts";
import type { Secret, SecretRegistrar } from "./secret.ts";
import { checkEnvironment, checkName, checkSize, decodeValue, encodeValue, production } from "./values.ts";

/** The part of the keychain that holds secrets, as this room needs it. */
export interface SecretKeeper {
  put(environment: string, name: string, value: Uint8Array): Promise<void>;
  get(environment: string, name: string): Promise<Secret | null>;
  remove(environment: string, name: string): Promise<boolean>;
  list(environment?: string): Promise<{ environment: string; name: string; store: SecretRow["store"] }[]>;
}

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
type Meta = SecretsFile["secrets"][number];

export interface SecretsDeps {
  keychain: SecretKeeper;
  store: { get(): SecretsFile; update(change: (current: SecretsFile) => SecretsFile): Promise<unknown> };
  clock: Pick<Clock, "now">;
  /** The masker: every value that comes in is told to it before anything else. */
  registrar: SecretRegistrar;
  /** The value cannot be told from ordinary text and will not be masked by itself. */
  isWeak(value: Uint8Array): boolean;
  onChange?: () => void;
}

/** A secret that was looked up; `ref.version` is the one that was found. Whoever asked disposes `secret`. */
export interface ResolvedSecret {
  ref: SecretRef & { version: number };
  secret: Secret;
}

/** Rejects with the keychain's failures too (`KEYCHAIN_LOCKED`, `KEYCHAIN_UNAVAILABLE`, …). */
export interface Secrets {
  /** Rows without their users, which the containers room knows. */
  list(environment?: string): Promise<Omit<SecretRow, "usedBy">[]>;
  /** `SECRET_NAME_INVALID`, `SECRET_EMPTY`, `SECRET_TOO_LARGE` (64 KiB), `BAD_INPUT` {field} (environment, base64). */
  put(input: { environment: string; name: string; value: string; encoding: "text" | "base64" }): Promise<{
    version: number;
  }>;
  /** `confirm` must be the name (`BAD_INPUT`); `SECRET_NOT_FOUND` {secret}. */
  remove(input: { environment: string; name: string; confirm: string }): Promise<void>;
  /** The one way out. `REASON_REQUIRED` {environment} in production, `SECRET_NOT_FOUND` {secret}. */
  reveal(input: { environment: string; name: string; reason: string }): Promise<{
    value: string;
    encoding: "text" | "base64";
    hideAfterMs: number;
  }>;
  /** All of them, in order, or `SECRET_NOT_FOUND` {secret} and none. Only the newest version is kept. */
  resolve(refs: readonly SecretRef[]): Promise<ResolvedSecret[]>;
  /** Newest version, `null` when there is none; by what was last seen. */
  newest(ref: Pick<SecretRef, "environment" | "name">): number | null;
  /** For the hardening policy; by what was last seen. */
  stateOf(ref: SecretRef): "known" | "weak" | "unknown";
  /** Looks again at what the keychain holds; a locked keychain changes nothing. */
  refresh(): Promise<void>;
}

const revealMs = 30_000;
const keyOf = (of: Pick<SecretRef, "environment" | "name">) => `${of.environment}/${of.name}`;

export function createSecrets(deps: SecretsDeps): Secrets {
  const serial = createSerial();
  /** Names in the keychain when it was last listed; `null` before that. */
  let present: Set<string> | null = null;

  const metaOf = (key: string) => deps.store.get().secrets.find((meta) => keyOf(meta) === key);

  async function setMeta(key: string, meta: Meta | undefined): Promise<void> {
    await deps.store.update((file) => ({
      secrets: [...file.secrets.filter((each) => keyOf(each) !== key), ...(meta === undefined ? [] : [meta])],
    }));
  }

  /** A secret that somebody put into the keychain without us counts as version 1. */
  function versionOf(key: string): number | null {
    if (present !== null && !present.has(key)) return null;
    const meta = metaOf(key);
    if (meta !== undefined && !meta.removed) return meta.version;
    return present === null ? null : (meta?.version ?? 0) + 1;
  }

  async function store(environment: string, name: string, value: Buffer): Promise<{ version: number }> {
    const key = keyOf({ environment, name });
    const before = metaOf(key);
    const now = deps.clock.now();
    const version = (before?.version ?? 0) + 1;
    const createdAt = before === undefined || before.removed ? now : before.createdAt;
    const meta = { environment, name, version, createdAt, updatedAt: now, weak: deps.isWeak(value), removed: false };
    // The number first: a crash in between makes a container look outdated, which is harmless, and never the reverse.
    await setMeta(key, meta);
    try {
      await deps.keychain.put(environment, name, value);
    } catch (error) {
      await setMeta(key, before).catch(() => undefined);
      throw error;
    }
    present?.add(key);
    deps.onChange?.();
    return { version };
  }

  async function listed(environment?: string) {
    const entries = await deps.keychain.list(environment);
    if (environment === undefined) present = new Set(entries.map(keyOf));
    return entries;
  }

  async function resolveOne(ref: SecretRef): Promise<ResolvedSecret> {
    const missing = new Failure("SECRET_NOT_FOUND", {
      secret: keyOf(ref),
      ...(ref.version === undefined ? {} : { version: ref.version }),
    });
    const meta = metaOf(keyOf(ref));
    const version = meta === undefined ? 1 : meta.removed ? meta.version + 1 : meta.version;
    if (ref.version !== undefined && ref.version !== version) throw missing;
    const secret = await deps.keychain.get(ref.environment, ref.name);
    if (secret === null) throw missing;
    present?.add(keyOf(ref));
    secret.use((value) => deps.registrar.register(secret.name, value));
    return { ref: { environment: ref.environment, name: ref.name, version }, secret };
  }

  return {
    async list(environment) {
      const entries = await listed(environment);
      return entries.map(({ store: place, ...of }) => {
        const meta = metaOf(keyOf(of));
        const ours = meta !== undefined && !meta.removed;
        return {
          ...of,
          version: ours ? meta.version : (meta?.version ?? 0) + 1,
          createdAt: ours ? meta.createdAt : null,
          updatedAt: ours ? meta.updatedAt : null,
          store: place,
          weak: ours && meta.weak,
        };
      });
    },
    async put({ environment, name, value, encoding }) {
      checkEnvironment(environment);
      checkName(name);
      const bytes = decodeValue(value, encoding);
      try {
        checkSize(name, bytes);
        deps.registrar.register(name, bytes);
        return await serial(() => store(environment, name, bytes));
      } finally {
        bytes.fill(0);
      }
    },
    async remove({ environment, name, confirm }) {
      if (confirm !== name) throw new Failure("BAD_INPUT", { field: "confirm", reason: "the name does not match" });
      await serial(async () => {
        const key = keyOf({ environment, name });
        const found = await deps.keychain.remove(environment, name);
        const meta = metaOf(key);
        if (meta !== undefined && !meta.removed) await setMeta(key, { ...meta, removed: true });
        present?.delete(key);
        if (!found) throw new Failure("SECRET_NOT_FOUND", { secret: key });
      });
      deps.onChange?.();
    },
    async reveal({ environment, name, reason }) {
      if (environment === production && reason.trim().length < 3) {
        throw new Failure("REASON_REQUIRED", { environment });
      }
      const { secret } = await resolveOne({ environment, name });
      try {
        return { ...secret.use(encodeValue), hideAfterMs: revealMs };
      } finally {
        secret.dispose();
      }
    },
    async resolve(refs) {
      const resolved: ResolvedSecret[] = [];
      try {
        for (const ref of refs) resolved.push(await resolveOne(ref));
        return resolved;
      } catch (error) {
        for (const { secret } of resolved) secret.dispose();
        throw error;
      }
    },
    newest: (ref) => versionOf(keyOf(ref)),
    stateOf(ref) {
      const version = versionOf(keyOf(ref));
      if (version === null || (ref.version !== undefined && ref.version !== version)) return "unknown";
      return metaOf(keyOf(ref))?.weak ? "weak" : "known";
    },
    async refresh() {
      try {
        await listed();
      } catch (error) {
        if (!isFailure(error)) throw error;
      }
    },
  };
}
