import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { Failure } from "../../failure.ts";
import type { Clock } from "../../ports.ts";
import { fingerprintOf, randomartOf } from "./fingerprint.ts";
import { blobType, type KnownHost, parseKnownHosts, speaksOf } from "./knownHosts.ts";

const pinnedKey = z.object({
  /** `ssh-ed25519`, … */
  type: z.string().max(64),
  /** The public key blob, base64. */
  key: z.base64().max(16_384),
  /** Milliseconds since the epoch. */
  firstSeen: z.number(),
  lastSeen: z.number(),
});
const pinnedKeys = z.array(pinnedKey).max(32);

/** A host key that this console has accepted for a host, by a person or because known_hosts holds it. */
export type PinnedKey = z.infer<typeof pinnedKey>;

/** Where the pinned keys are kept: a small file of the store room. What it returns is checked here. */
export interface PinStore {
  get(hostId: string): Promise<unknown>;
  set(hostId: string, keys: PinnedKey[]): Promise<void>;
}

export interface HostKeyQuestion {
  hostId: string;
  address: string;
  port: number;
  /** The key that the server shows: the public key blob. */
  key: Buffer;
  /** known_hosts files in place of the usual ones. */
  files?: readonly string[] | undefined;
}

/** What is known about the key that a server shows. Fingerprints are `SHA256:…`; times are milliseconds since the epoch. */
export type HostKeyVerdict =
  /** The very key that this console has pinned. */
  | { kind: "pinned" }
  /** Not pinned yet, but a line of a known_hosts file holds it. */
  | { kind: "known"; source: string }
  /** Never seen: a person decides. `otherTypes` are the kinds of key that known_hosts has for this host. */
  | { kind: "unknown"; type: string; fingerprint: string; art: string; otherTypes: string[] }
  /** Another key than the one on record. `firstSeen` is 0 when only known_hosts knew the old one. */
  | {
      kind: "changed";
      type: string;
      old: string;
      new: string;
      firstSeen: number;
      lastSeen: number;
      source: string;
    }
  /** A line marked `@revoked` names this key: never accepted. */
  | { kind: "revoked"; type: string; new: string; source: string };

/** The key of a host as the screen shows it. Times are milliseconds since the epoch, `null` when not known. */
export interface HostKeyRecord {
  type: string;
  fingerprint: string;
  source: "pinned" | "known_hosts";
  firstSeen: number | null;
  lastSeen: number | null;
}

/** A host that shows another key than the one on record, until a person has settled it. */
export interface HostKeyIncident {
  expected: { type: string; fingerprint: string; source: string }[];
  presented: { type: string; fingerprint: string };
  firstSeen: number | null;
  lastSeen: number | null;
  detectedAt: number;
}

export interface RecordedKey {
  type: string;
  /** The public key blob. */
  key: Buffer;
}

export interface HostKeys {
  /** Compares; a key that is pinned gets a new `lastSeen`, nothing else is written. */
  check(question: HostKeyQuestion): Promise<HostKeyVerdict>;
  /** Remembers a key beside those that the host has already: the blob, or text as in known_hosts (`ssh-ed25519 AAAA…`). */
  pin(hostId: string, key: Buffer | string): Promise<void>;
  /** The keys that this console has pinned for a host. */
  pinned(hostId: string): Promise<PinnedKey[]>;
  /** What the checks since the start have shown; nothing before the first one. */
  view(hostId: string): { key: HostKeyRecord | null; incident: HostKeyIncident | null };
  /**
   * Ends an incident: the key that the host showed last, named by its fingerprint, replaces all pinned ones. `NOT_FOUND`
   * when no incident is open, `BAD_INPUT` {field} for another fingerprint, `HOST_KEY_CHANGED` when the key is revoked.
   */
  accept(hostId: string, fingerprint: string): Promise<void>;
  /** Forgets a host (removed, or moved to another address). */
  forget(hostId: string): Promise<void>;
  /**
   * What OpenSSH's client is told of a host before it connects: the pinned keys, else those of the files; and the files'
   * authorities (`@cert-authority`).
   */
  onRecord(host: Omit<HostKeyQuestion, "key">): Promise<{ keys: RecordedKey[]; authorities: RecordedKey[] }>;
  /** Types of the keys on record, pinned ones first: to be offered first, else the server may show another one. */
  knownTypes(host: Omit<HostKeyQuestion, "key">): Promise<string[]>;
}

interface Incident {
  key: Buffer;
  revoked: boolean;
  shown: HostKeyIncident;
}

const maxRecorded = 16;
const maxFileBytes = 4 * 1024 * 1024;

export function createHostKeys(deps: {
  store: PinStore;
  clock: Clock;
  /** The user's own and the system's known_hosts; read at each check, never written. */
  knownHostsFiles: readonly string[];
}): HostKeys {
  const { store, clock } = deps;
  const incidents = new Map<string, Incident>();
  const current = new Map<string, HostKeyRecord>();

  async function pins(hostId: string): Promise<PinnedKey[]> {
    const stored = await store.get(hostId);
    return stored === undefined || stored === null ? [] : pinnedKeys.parse(stored);
  }

  async function linesFor({ address, port, files: own }: Omit<HostKeyQuestion, "key">): Promise<KnownHost[]> {
    const files = await Promise.all((own ?? deps.knownHostsFiles).map(readKnownHosts));
    return files.flat().filter((entry) => speaksOf(entry, address, port));
  }

  async function trust(hostId: string, all: PinnedKey[], pin: PinnedKey): Promise<void> {
    await store.set(hostId, all);
    current.set(hostId, recordOf(pin, "pinned"));
    incidents.delete(hostId);
  }

  return {
    async check(question) {
      const { hostId, key } = question;
      const [pinned, lines] = await Promise.all([pins(hostId), linesFor(question)]);
      const verdict = judge(key, pinned, lines);
      const now = clock.now();
      const index = indexOfKey(pinned, key);
      const pin = pinned[index];
      if (verdict.kind === "pinned" && pin) {
        const seen = { ...pin, lastSeen: now };
        await trust(hostId, pinned.with(index, seen), seen);
      }
      if (verdict.kind === "known") {
        current.set(hostId, { ...recordOf(pinOf(key, now), "known_hosts"), firstSeen: null });
        incidents.delete(hostId);
      }
      if (verdict.kind === "changed" || verdict.kind === "revoked") {
        const shown = incidentOf(verdict, pinned, lines, now);
        incidents.set(hostId, { key: Buffer.from(key), revoked: verdict.kind === "revoked", shown });
      }
      return verdict;
    },

    async pin(hostId, given) {
      const key = typeof given === "string" ? blobFromText(given) : given;
      const all = await pins(hostId);
      if (indexOfKey(all, key) >= 0) return;
      const pin = pinOf(key, clock.now());
      await trust(hostId, [...all, pin], pin);
    },

    pinned: pins,

    view: (hostId) => ({
      key: current.get(hostId) ?? null,
      incident: incidents.get(hostId)?.shown ?? null,
    }),

    async accept(hostId, fingerprint) {
      const incident = incidents.get(hostId);
      if (incident === undefined) throw new Failure("NOT_FOUND", { what: "host key incident" });
      if (fingerprintOf(incident.key) !== fingerprint) {
        throw new Failure("BAD_INPUT", {
          field: "fingerprint",
          reason: "it is not that of the key that the host shows",
        });
      }
      if (incident.revoked) throw new Failure("HOST_KEY_CHANGED", { new: fingerprint, revoked: true });
      const pin = pinOf(incident.key, clock.now());
      await trust(hostId, [pin], pin);
    },

    async forget(hostId) {
      incidents.delete(hostId);
      current.delete(hostId);
      await store.set(hostId, []);
    },

    async onRecord(host) {
      const [pinned, lines] = await Promise.all([pins(host.hostId), linesFor(host)]);
      const marked = (marker: KnownHost["marker"]) =>
        lines.filter((line) => line.marker === marker).map(({ type, key }) => ({ type, key }));
      const own = pinned.map(({ type, key }) => ({ type, key: Buffer.from(key, "base64") }));
      const limit = <T>(all: T[]): T[] => all.slice(0, maxRecorded);
      return { keys: limit(own.length > 0 ? own : marked("none")), authorities: limit(marked("cert-authority")) };
    },

    async knownTypes(host) {
      const [pinned, lines] = await Promise.all([pins(host.hostId), linesFor(host)]);
      const listed = lines.filter((line) => line.marker === "none").map((line) => line.type);
      return [...new Set([...pinned.map((pin) => pin.type), ...listed])];
    },
  };
}

/**
 * The decision alone. A pinned host that shows a key of another type is treated as changed, stricter than OpenSSH (which
 * asks): somebody in the middle need only offer a type that is not on record to be asked about instead of refused.
 */
export function judge(key: Buffer, pinned: readonly PinnedKey[], lines: readonly KnownHost[]): HostKeyVerdict {
  const type = blobType(key) ?? "unknown";
  const fingerprint = fingerprintOf(key);
  const revoked = lines.find((line) => line.marker === "revoked" && line.key.equals(key));
  if (revoked) return { kind: "revoked", type, new: fingerprint, source: revoked.source };
  if (indexOfKey(pinned, key) >= 0) return { kind: "pinned" };

  const old = pinned.find((pin) => pin.type === type) ?? pinned[0];
  if (old) {
    const { firstSeen, lastSeen } = old;
    const was = fingerprintOf(Buffer.from(old.key, "base64"));
    return { kind: "changed", type, old: was, new: fingerprint, firstSeen, lastSeen, source: "console" };
  }

  const plain = lines.filter((line) => line.marker === "none");
  const same = plain.find((line) => line.key.equals(key));
  if (same) return { kind: "known", source: same.source };
  const other = plain.find((line) => line.type === type);
  if (other) {
    const { source } = other;
    return {
      kind: "changed",
      type,
      old: fingerprintOf(other.key),
      new: fingerprint,
      firstSeen: 0,
      lastSeen: 0,
      source,
    };
  }
  const otherTypes = [...new Set(plain.map((line) => line.type))];
  return { kind: "unknown", type, fingerprint, art: randomartOf(key), otherTypes };
}

function indexOfKey(pinned: readonly PinnedKey[], key: Buffer): number {
  return pinned.findIndex((pin) => Buffer.from(pin.key, "base64").equals(key));
}

function pinOf(key: Buffer, now: number): PinnedKey {
  return { type: blobType(key) ?? "unknown", key: key.toString("base64"), firstSeen: now, lastSeen: now };
}

function recordOf(pin: PinnedKey, source: HostKeyRecord["source"]): HostKeyRecord {
  const fingerprint = fingerprintOf(Buffer.from(pin.key, "base64"));
  return { type: pin.type, fingerprint, source, firstSeen: pin.firstSeen, lastSeen: pin.lastSeen };
}

function incidentOf(
  verdict: Extract<HostKeyVerdict, { kind: "changed" | "revoked" }>,
  pinned: readonly PinnedKey[],
  lines: readonly KnownHost[],
  now: number,
): HostKeyIncident {
  const fromPins = pinned.map((pin) => ({ ...recordOf(pin, "pinned"), source: "pinned" }));
  const fromLines = lines
    .filter((line) => line.marker === "none")
    .map((line) => ({ type: line.type, fingerprint: fingerprintOf(line.key), source: line.source }));
  const expected = (fromPins.length > 0 ? fromPins : fromLines).map(({ type, fingerprint, source }) => ({
    type,
    fingerprint,
    source,
  }));
  return {
    expected,
    presented: { type: verdict.type, fingerprint: verdict.new },
    firstSeen: pinned.length > 0 ? Math.min(...pinned.map((pin) => pin.firstSeen)) : null,
    lastSeen: pinned.length > 0 ? Math.max(...pinned.map((pin) => pin.lastSeen)) : null,
    detectedAt: now,
  };
}

function blobFromText(text: string): Buffer {
  const [entry] = parseKnownHosts(`host ${text.trim()}`, "text").entries;
  if (entry === undefined) throw new Failure("BAD_INPUT", { field: "hostKey", reason: "not a public key" });
  return entry.key;
}

/** A file that is missing or can't be read knows nothing; the pinned keys still hold. */
async function readKnownHosts(file: string): Promise<KnownHost[]> {
  try {
    const { size } = await stat(file);
    if (size > maxFileBytes) return [];
    return parseKnownHosts(await readFile(file, "utf8"), file).entries;
  } catch {
    return [];
  }
}
