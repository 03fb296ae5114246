/**
 * The console's credentials, in the best place that there is: the system's keychain, a passphrase vault, or memory for
 * the length of one run. Which one it is, is a state that a person sees and chooses; it never falls back by itself.
 */
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../failure.ts";
import type { Clock, Keyring, Paths, Random } from "../ports.ts";
import type { SecretRegistrar } from "../secrets/secret.ts";
import { createSerial } from "../serial.ts";
import { openStore, type Store } from "../store/index.ts";
import { type Backend, OWN_SPACE, sessionBackend, spaceOf } from "./backend.ts";
import { ownKeys, secretCalls } from "./calls.ts";
import { systemBackend } from "./system.ts";
import type { Keychain, KeychainState } from "./types.ts";
import { createVault } from "./vault.ts";

export type { SecretStore } from "./backend.ts";
export { type KeytarDeps, keytarKeyring, type NativeKeyring } from "./keytar.ts";
export { MAX_SECRET_BYTES } from "./limits.ts";
export type { Keychain, KeychainState, OwnKeys, SecretEntry } from "./types.ts";

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
  let reason: string | null = "not-asked";

  function state(): KeychainState {
    const backend = BACKEND_NAMES.get(deps.platform ?? process.platform) ?? "Secret Service (libsecret)";
    const facts = { backend, reason, vaultExists: vault.exists() };
    if (mode === "vault") return { mode, locked: !vault.isOpen(), ...facts };
    if (mode === "unset") return { mode, ...facts, reason: reason ?? "not-chosen" };
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
