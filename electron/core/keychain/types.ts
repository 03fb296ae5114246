import type { Disposable } from "../ports.ts";
import type { Secret } from "../secrets/secret.ts";
import type { SecretStore } from "./backend.ts";

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
  /** False when there was none. */
  remove(name: string): Promise<boolean>;
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
