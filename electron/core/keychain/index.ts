/**
 * The console's credentials, in the best place that there is: the system's keychain, a passphrase vault, or memory for
 * the length of one run. Which one it is, is a state that a person sees and chooses; it never falls back by itself.
 */
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../failure.ts";
import type { Clock, Disposable, Keyring, Paths, Random } from "../ports.ts";
import { Secret, type SecretRegistrar } from "../secrets/secret.ts";
import { createSerial } from "../serial.ts";
import { openStore, type Store } from "../store/index.ts";
import { type Backend, OWN_SPACE, type SecretStore, sessionBackend, spaceOf } from "./backend.ts";
import { checkEnvironment, checkName, checkOwnName, checkValue } from "./limits.ts";
import { systemBackend } from "./system.ts";
import { createVault } from "./vault.ts";

export type { SecretStore } from "./backend.ts";
export { type KeytarDeps, keytarKeyring, type NativeKeyring } from "./keytar.ts";
export { MAX_SECRET_BYTES } from "./limits.ts";

export interface KeychainDeps {
  keyring: Keyring;
  paths: Pick<Paths, "data">;
  clock: Pick<Clock, "now" | "after">;
  random: Pick<Random, "bytes">;
  /** The masker: every value that passes through here is told to it first. */
  secrets: SecretRegistrar;
  /** For the name of the backend; default this machine's. */
  platform?: NodeJS.Platform;
  /** scrypt's N for a new vault. For tests only; default 2^17. */
  scryptCost?: number;
}

interface KeychainFacts {
  /** The system's own name: `Secret Service (libsecret)`, `Keychain`, `Credential Manager`. */
  backend: string;
  /** Why the system's keychain can't be used, one plain sentence; null when it can, or was not asked. */
  reason: string | null;
  /** A vault file is there from before. */
  vaultExists: boolean;
}

export type KeychainState =
  | (KeychainFacts & { mode: "keychain" })
  | (KeychainFacts & { mode: "vault"; locked: boolean })
  | (KeychainFacts & { mode: "session" })
  /** The keychain can't be used and nobody has chosen yet: nothing can be kept. */
  | (KeychainFacts & { mode: "unset"; reason: string });

export interface SecretEntry {
  environment: string;
  name: string;
  store: SecretStore;
}

/** Raw keys of the console itself (the audit key), under the service `gatehouse` of whatever backend is in use. */
export interface OwnKeys {
  get(name: string): Promise<Buffer | null>;
  put(name: string, value: Uint8Array): Promise<void>;
}

/**
 * Values reject with `KEYCHAIN_LOCKED` (vault not open, keyring waits for its prompt), `KEYCHAIN_UNAVAILABLE` {reason}
 * (nothing chosen yet, or the system's keychain refused), `VAULT_CORRUPT` {file, reason}, `STORE_UNWRITABLE`.
 */
export interface Keychain extends Disposable {
  state(): KeychainState;
  onState(listener: (state: KeychainState) => void): () => void;
  /** Finds out what there is: the choice of last time, else the system's keychain when it works. Never rejects for it. */
  init(): Promise<KeychainState>;
  /** Tries the system's keychain again and takes it; `KEYCHAIN_UNAVAILABLE` {reason} when it still can't be used. */
  useKeychain(): Promise<void>;
  /** Makes the vault, or opens the one that is there. `VAULT_PASSPHRASE_WRONG`; `BAD_INPUT` when it is too short. */
  useVault(passphrase: Uint8Array): Promise<void>;
  useSession(): Promise<void>;
  /** `VAULT_PASSPHRASE_WRONG`; `CONFLICT` when the vault is not what is in use. */
  unlock(passphrase: Uint8Array): Promise<void>;
  /** Forgets the vault's key; the other modes have nothing to lock. */
  lock(): void;
  /** `SECRET_NAME_INVALID`, `SECRET_EMPTY`, `SECRET_TOO_LARGE`, `BAD_INPUT` (environment). The caller wipes `value`. */
  put(environment: string, name: string, value: Uint8Array): Promise<void>;
  /** A fresh `Secret`, to be disposed by the caller; null when there is none. */
  get(environment: string, name: string): Promise<Secret | null>;
  /** False when there was none. */
  remove(environment: string, name: string): Promise<boolean>;
  /** By environment and name. Environments are those that the console itself has written to. */
  list(environment?: string): Promise<SecretEntry[]>;
  readonly own: OwnKeys;
}

const MIN_PASSPHRASE_BYTES = 8;

const choiceSchema = z.object({
  mode: z.enum(["keychain", "vault", "session"]).nullable(),
  environments: z.array(z.string()).max(1_000),
});
type Choice = z.infer<typeof choiceSchema>;
type Mode = KeychainState["mode"];

const BACKEND_NAMES: ReadonlyMap<string, string> = new Map([
  ["darwin", "Keychain"],
  ["win32", "Credential Manager"],
]);

export async function createKeychain(deps: KeychainDeps): Promise<Keychain> {
  const choice = await openStore<Choice>({
    file: join(deps.paths.data, "keychain.json"),
    schema: choiceSchema,
    version: 1,
    initial: { mode: null, environments: [] },
    clock: deps.clock,
    random: deps.random,
  });
  return keychainOf(deps, choice);
}

function keychainOf(deps: KeychainDeps, choice: Store<Choice>): Keychain {
  const system = systemBackend({ ...deps, folder: join(deps.paths.data, "sealed") });
  const vault = createVault({ ...deps, file: join(deps.paths.data, "vault.json") });
  const session = sessionBackend();
  const serial = createSerial();
  const listeners = new Set<(state: KeychainState) => void>();
  let mode: Mode = "unset";
  let reason: string | null = "The keychain was not asked yet.";

  function state(): KeychainState {
    const backend = BACKEND_NAMES.get(deps.platform ?? process.platform) ?? "Secret Service (libsecret)";
    const facts = { backend, reason, vaultExists: vault.exists() };
    if (mode === "vault") return { mode, locked: !vault.isOpen(), ...facts };
    if (mode === "unset") return { mode, ...facts, reason: reason ?? "Nothing was chosen yet." };
    return { mode, ...facts };
  }

  function changed(): void {
    for (const listener of listeners) listener(state());
  }

  function backend(): Backend {
    if (mode === "keychain") return system;
    if (mode === "vault") return vault;
    if (mode === "session") return session;
    throw new Failure("KEYCHAIN_UNAVAILABLE", { reason: reason ?? "" });
  }

  /** Takes `next`; what was kept for this run alone moves along, so that choosing a better place loses nothing. */
  async function use(next: Exclude<Mode, "unset">): Promise<void> {
    if (mode === "session" && next !== "session") {
      await carry(session, next === "vault" ? vault : system, choice.get().environments);
      session.clear();
    }
    await choice.update((now) => ({ ...now, mode: next }));
    mode = next;
    changed();
  }

  async function remember(environment: string): Promise<void> {
    if (choice.get().environments.includes(environment)) return;
    await choice.update((now) => ({ ...now, environments: [...now.environments, environment].sort() }));
  }

  async function init(): Promise<KeychainState> {
    const chosen = choice.get().mode;
    if (chosen === "vault" || chosen === "session") {
      // Asking the keychain could bring up its prompt, and the answer would change nothing.
      reason = null;
      mode = chosen;
    } else {
      reason = await deps.keyring.probe();
      mode = reason === null ? "keychain" : "unset";
    }
    changed();
    return state();
  }

  async function takeSystem(): Promise<void> {
    reason = await deps.keyring.probe();
    if (reason === null) return use("keychain");
    changed();
    throw new Failure("KEYCHAIN_UNAVAILABLE", { reason }, { retryable: true });
  }

  async function takeVault(passphrase: Uint8Array): Promise<void> {
    if (vault.exists()) await vault.open(passphrase);
    else if (passphrase.length < MIN_PASSPHRASE_BYTES)
      throw new Failure("BAD_INPUT", { field: "passphrase", min: MIN_PASSPHRASE_BYTES });
    else await vault.create(passphrase);
    await use("vault");
  }

  async function unlock(passphrase: Uint8Array): Promise<void> {
    if (mode !== "vault") throw new Failure("CONFLICT", { what: "keychain" });
    await vault.open(passphrase);
    changed();
  }

  return {
    state,
    onState(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    init: () => serial(init),
    useKeychain: () => serial(takeSystem),
    useVault: (passphrase) => serial(() => takeVault(passphrase)),
    useSession: () => serial(() => use("session")),
    unlock: (passphrase) => serial(() => unlock(passphrase)),
    lock() {
      if (!vault.isOpen()) return;
      vault.close();
      changed();
    },
    ...secretCalls(deps.secrets, () => choice.get().environments, remember, backend, serial),
    own: ownKeys(backend, serial),
    dispose() {
      vault.close();
      session.clear();
      listeners.clear();
    },
  };
}

type SecretCalls = Pick<Keychain, "put" | "get" | "remove" | "list">;

function secretCalls(
  registrar: SecretRegistrar,
  environments: () => readonly string[],
  remember: (environment: string) => Promise<void>,
  backend: () => Backend,
  serial: ReturnType<typeof createSerial>,
): SecretCalls {
  return {
    async put(environment, name, value) {
      checkEnvironment(environment);
      checkName(name);
      checkValue(name, value);
      registrar.register(name, value);
      await serial(async () => {
        const into = backend();
        // Remembered first: a value in an environment that nobody lists would be a secret that nobody can find.
        await remember(environment);
        await into.put(spaceOf(environment), name, value);
      });
    },
    async get(environment, name) {
      checkEnvironment(environment);
      checkName(name);
      const value = await serial(() => backend().get(spaceOf(environment), name));
      if (value === null) return null;
      const secret = new Secret(registrar, name, value);
      value.fill(0);
      return secret;
    },
    async remove(environment, name) {
      checkEnvironment(environment);
      checkName(name);
      return serial(() => backend().remove(spaceOf(environment), name));
    },
    async list(environment) {
      if (environment !== undefined) checkEnvironment(environment);
      return serial(async () => {
        const from = backend();
        const entries: SecretEntry[] = [];
        for (const each of environment === undefined ? environments() : [environment]) {
          const names = await from.names(spaceOf(each));
          entries.push(...names.map((found) => ({ environment: each, ...found })));
        }
        return entries.sort((a, b) => compare(a.environment, b.environment) || compare(a.name, b.name));
      });
    },
  };
}

/** The console's own keys are base64 in every backend: keychains hold text, and these are always short. */
function ownKeys(backend: () => Backend, serial: ReturnType<typeof createSerial>): OwnKeys {
  return {
    async get(name) {
      checkOwnName(name);
      const text = await serial(() => backend().get(OWN_SPACE, name));
      return text === null ? null : Buffer.from(text.toString("latin1"), "base64");
    },
    async put(name, value) {
      checkOwnName(name);
      await serial(() => backend().put(OWN_SPACE, name, Buffer.from(Buffer.from(value).toString("base64"))));
    },
  };
}

/**
 * Moves what a session held to where it lasts. A secret that is there already is replaced: the session's is newer. An
 * own key that is there already stays, because what it once signed must still be checked.
 */
async function carry(from: Backend, to: Backend, environments: readonly string[]): Promise<void> {
  const kept = new Set((await to.names(OWN_SPACE)).map((entry) => entry.name));
  for (const space of [OWN_SPACE, ...environments.map(spaceOf)]) {
    for (const { name } of await from.names(space)) {
      if (space === OWN_SPACE && kept.has(name)) continue;
      const value = await from.get(space, name);
      if (value === null) continue;
      await to.put(space, name, value);
      value.fill(0);
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
