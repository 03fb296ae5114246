/** The operating system's keychain through keytar, loaded only when it is first asked for. */
import { Failure, reasonOf } from "../failure.ts";
import type { Clock, Keyring, Random } from "../ports.ts";

/** What we use of keytar. */
export interface NativeKeyring {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
  findCredentials(service: string): Promise<{ account: string }[]>;
}

export interface KeytarDeps {
  clock: Pick<Clock, "after">;
  random: Pick<Random, "bytes">;
  /** For tests; default this machine's. */
  platform?: NodeJS.Platform;
  /** For tests; default keytar itself. Rejects where its native part or a library of the system is missing. */
  load?: () => Promise<NativeKeyring>;
}

/** A locked keyring answers no call until the person has typed its password: don't take that for working. */
const PROBE_LIMIT_MS = 5_000;
/** Long enough to type a password into the system's own prompt. */
const CALL_LIMIT_MS = 60_000;
/** Not under `gatehouse/`, where it could be an environment. */
const PROBE_SERVICE = "gatehouse-probe";

/**
 * Largest value, in bytes of UTF-8 (which keytar hands over as they are). Windows: CRED_MAX_CREDENTIAL_BLOB_SIZE,
 * 5 × 512 bytes. The others have no limit of their own near ours of 64 KiB.
 */
const MAX_BYTES: ReadonlyMap<string, number> = new Map([["win32", 2_560]]);
const MAX_BYTES_ELSEWHERE = 65_536;

async function loadKeytar(): Promise<NativeKeyring> {
  const module: { default?: NativeKeyring } & Partial<NativeKeyring> = await import("keytar");
  return module.default ?? (module as NativeKeyring);
}

/**
 * Every call but `probe` rejects with what the system said, or with `KEYCHAIN_LOCKED` when it said nothing in a minute
 * (a call into the system cannot be taken back: it goes on in its thread and its answer is thrown away).
 */
export function keytarKeyring(deps: KeytarDeps): Keyring {
  const platform = deps.platform ?? process.platform;
  let loading: Promise<NativeKeyring> | undefined;
  const native = () => {
    loading ??= (deps.load ?? loadKeytar)();
    return loading;
  };
  const call = async <T>(use: (keyring: NativeKeyring) => Promise<T>) =>
    within(deps.clock, CALL_LIMIT_MS, use(await native()));

  return {
    maxBytes: MAX_BYTES.get(platform) ?? MAX_BYTES_ELSEWHERE,
    set: (service, account, value) => call((keyring) => keyring.setPassword(service, account, value)),
    get: (service, account) => call((keyring) => keyring.getPassword(service, account)),
    delete: (service, account) => call((keyring) => keyring.deletePassword(service, account)),
    async accounts(service) {
      const found = await call((keyring) => keyring.findCredentials(service));
      const names = [...new Set(found.map((entry) => entry.account))];
      if (platform !== "win32") return names;
      // keytar looks for `service*` on Windows, so a longer service name that begins the same answers too.
      const values = await Promise.all(names.map((name) => call((keyring) => keyring.getPassword(service, name))));
      return names.filter((_, n) => values[n] !== null);
    },
    async probe() {
      let keyring: NativeKeyring;
      try {
        keyring = await native();
      } catch (error) {
        return explainLoading(error, platform);
      }
      try {
        return await within(deps.clock, PROBE_LIMIT_MS, roundTrip(keyring, deps.random.bytes(8).toString("hex")));
      } catch (error) {
        return explainCall(error, platform);
      }
    },
  };
}

async function roundTrip(keyring: NativeKeyring, nonce: string): Promise<string | null> {
  await keyring.setPassword(PROBE_SERVICE, nonce, nonce);
  const read = await keyring.getPassword(PROBE_SERVICE, nonce);
  await keyring.deletePassword(PROBE_SERVICE, nonce);
  return read === nonce ? null : "not-given-back";
}

async function within<T>(clock: Pick<Clock, "after">, ms: number, answer: Promise<T>): Promise<T> {
  let cancel: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(new Failure("KEYCHAIN_LOCKED", { waitedMs: ms }, { retryable: true })));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    cancel?.();
  }
}

function explainLoading(error: unknown, platform: NodeJS.Platform): string {
  if (platform === "linux") return "no-library";
  return `not-loaded: ${firstLine(error)}`;
}

function explainCall(error: unknown, platform: NodeJS.Platform): string {
  if (error instanceof Failure) return "no-answer";
  const text = firstLine(error);
  if (platform !== "linux") return `refused: ${text}`;
  if (/autolaunch|D-?Bus|connection (is )?closed|Could not connect/i.test(text)) {
    return `no-session: ${text}`;
  }
  if (/not provided by any|ServiceUnknown|org\.freedesktop\.secrets/i.test(text)) {
    return `no-service: ${text}`;
  }
  if (/Object does not exist at path/i.test(text)) {
    return `no-keyring: ${text}`;
  }
  return `refused: ${text}`;
}

function firstLine(error: unknown): string {
  return (reasonOf(error).split("\n", 1)[0] ?? "").trim().replace(/\.$/, "").slice(0, 200);
}
