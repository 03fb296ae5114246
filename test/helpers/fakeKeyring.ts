import type { Keyring } from "../../electron/core/ports.ts";

export type KeyringCall = "set" | "get" | "delete" | "accounts";

/** A keychain in memory with the port's whole behaviour, and switches for what real ones do on a bad day. */
export interface FakeKeyring extends Keyring {
  /** When set, `probe` answers it and every other call rejects with it. */
  unavailable: string | null;
  maxBytes: number;
  /** Calls of this kind reject, as when the keyring's daemon went away. */
  readonly fails: Set<KeyringCall>;
  /** service → account → value, for looking at what was kept. */
  readonly entries: Map<string, Map<string, string>>;
  /** Every call so far, as `set gatehouse/production HF_TOKEN`. */
  readonly calls: string[];
}

export function fakeKeyring(start: { unavailable?: string; maxBytes?: number } = {}): FakeKeyring {
  const entries = new Map<string, Map<string, string>>();
  const fails = new Set<KeyringCall>();
  const calls: string[] = [];
  const enter = async (call: KeyringCall, service: string, account = "") => {
    calls.push(`${call} ${service} ${account}`.trim());
    if (keyring.unavailable !== null) throw new Error(keyring.unavailable);
    if (fails.has(call)) throw new Error(`the keychain refused to ${call}`);
  };
  const keyring: FakeKeyring = {
    unavailable: start.unavailable ?? null,
    maxBytes: start.maxBytes ?? 65_536,
    fails,
    entries,
    calls,
    probe: async () => keyring.unavailable,
    async set(service, account, value) {
      await enter("set", service, account);
      if (value.length === 0) throw new Error("Password is required.");
      if (value.includes("\0")) throw new Error("a keychain's text ends at its first NUL");
      if (Buffer.byteLength(value) > keyring.maxBytes) throw new Error("The stub received bad data.");
      const accounts = entries.get(service) ?? new Map<string, string>();
      entries.set(service, accounts.set(account, value));
    },
    async get(service, account) {
      await enter("get", service, account);
      return entries.get(service)?.get(account) ?? null;
    },
    async delete(service, account) {
      await enter("delete", service, account);
      return entries.get(service)?.delete(account) ?? false;
    },
    async accounts(service) {
      await enter("accounts", service);
      return [...(entries.get(service)?.keys() ?? [])];
    },
  };
  return keyring;
}
