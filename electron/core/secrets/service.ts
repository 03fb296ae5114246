import type { SecretRef } from "../../contract/containers.ts";
import type { SecretRow } from "../../contract/secrets.ts";
import { Failure, isFailure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { createSerial, type Serial } from "../serial.ts";
import { createLedger, keyOf, type Ledger, type SecretsStore } from "./ledger.ts";
import type { Secret, SecretRegistrar } from "./secret.ts";
import { checkEnvironment, checkName, checkSize, decodeValue, encodeValue, production } from "./values.ts";

/** The part of the keychain that holds secrets, as this room needs it. */
export interface SecretKeeper {
  put(environment: string, name: string, value: Uint8Array): Promise<void>;
  get(environment: string, name: string): Promise<Secret | null>;
  remove(environment: string, name: string): Promise<boolean>;
  list(environment?: string): Promise<{ environment: string; name: string; store: SecretRow["store"] }[]>;
}

export interface SecretsDeps {
  keychain: SecretKeeper;
  store: SecretsStore;
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

export function createSecrets(deps: SecretsDeps): Secrets {
  const ledger = createLedger(deps.store);
  const { versionOf } = ledger;
  return {
    ...reading(deps, ledger),
    ...writing(deps, ledger, createSerial()),
    newest: (ref) => versionOf(keyOf(ref)),
    stateOf(ref) {
      const version = versionOf(keyOf(ref));
      if (version === null || (ref.version !== undefined && ref.version !== version)) return "unknown";
      return ledger.metaOf(keyOf(ref))?.weak ? "weak" : "known";
    },
  };
}

function writing(deps: SecretsDeps, ledger: Ledger, serial: Serial): Pick<Secrets, "put" | "remove"> {
  async function store(environment: string, name: string, value: Buffer): Promise<{ version: number }> {
    const key = keyOf({ environment, name });
    const before = ledger.metaOf(key);
    const now = deps.clock.now();
    const version = (before?.version ?? 0) + 1;
    const createdAt = before === undefined || before.removed ? now : before.createdAt;
    const meta = { environment, name, version, createdAt, updatedAt: now, weak: deps.isWeak(value), removed: false };
    // The number first: a crash in between makes a container look outdated, which is harmless, and never the reverse.
    await ledger.setMeta(key, meta);
    try {
      await deps.keychain.put(environment, name, value);
    } catch (error) {
      await ledger.setMeta(key, before).catch(() => undefined);
      throw error;
    }
    ledger.appeared(key);
    return { version };
  }

  async function drop(environment: string, name: string): Promise<void> {
    const key = keyOf({ environment, name });
    const found = await deps.keychain.remove(environment, name);
    const meta = ledger.metaOf(key);
    if (meta !== undefined && !meta.removed) await ledger.setMeta(key, { ...meta, removed: true });
    ledger.vanished(key);
    if (!found) throw new Failure("SECRET_NOT_FOUND", { secret: key });
  }

  return {
    async put({ environment, name, value, encoding }) {
      checkEnvironment(environment);
      checkName(name);
      const bytes = decodeValue(value, encoding);
      try {
        checkSize(name, bytes);
        deps.registrar.register(name, bytes);
        const stored = await serial(() => store(environment, name, bytes));
        deps.onChange?.();
        return stored;
      } finally {
        bytes.fill(0);
      }
    },
    async remove({ environment, name, confirm }) {
      if (confirm !== name) throw new Failure("BAD_INPUT", { field: "confirm", reason: "the name does not match" });
      await serial(() => drop(environment, name));
      deps.onChange?.();
    },
  };
}

type Reading = Pick<Secrets, "list" | "resolve" | "reveal" | "refresh">;

function reading(deps: SecretsDeps, ledger: Ledger): Reading {
  async function listed(environment?: string) {
    const entries = await deps.keychain.list(environment);
    if (environment === undefined) ledger.saw(entries.map(keyOf));
    return entries;
  }

  async function resolveOne(ref: SecretRef): Promise<ResolvedSecret> {
    const asked = ref.version === undefined ? {} : { version: ref.version };
    const missing = new Failure("SECRET_NOT_FOUND", { secret: keyOf(ref), ...asked });
    const version = ledger.numberOf(keyOf(ref));
    if (ref.version !== undefined && ref.version !== version) throw missing;
    const secret = await deps.keychain.get(ref.environment, ref.name);
    if (secret === null) throw missing;
    ledger.appeared(keyOf(ref));
    secret.use((value) => deps.registrar.register(secret.name, value));
    return { ref: { environment: ref.environment, name: ref.name, version }, secret };
  }

  return {
    async list(environment) {
      const entries = await listed(environment);
      return entries.map(({ environment: place, name, store }) => {
        const key = keyOf({ environment: place, name });
        const meta = ledger.metaOf(key);
        const known = meta === undefined || meta.removed ? null : meta;
        return {
          environment: place,
          name,
          version: ledger.numberOf(key),
          createdAt: known?.createdAt ?? null,
          updatedAt: known?.updatedAt ?? null,
          store,
          weak: known?.weak ?? false,
        };
      });
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
    async refresh() {
      try {
        await listed();
      } catch (error) {
        if (!isFailure(error)) throw error;
      }
    },
  };
}
