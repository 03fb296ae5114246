import { readFile, stat } from "node:fs/promises";
import { Failure } from "../../failure.ts";
import type { Clock } from "../../ports.ts";
import { createSerial } from "../../serial.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { lookInInventory, type Place } from "./inventory.ts";
import {
  type HostKeyIncident,
  type HostKeyRecord,
  type HostKeyVerdict,
  incidentOf,
  indexOfKey,
  judge,
  type LastBoot,
  type PinnedKey,
  pinnedKeys,
  pinOf,
  recordOf,
} from "./judge.ts";
import { type KnownHost, parseKnownHosts, speaksOf } from "./knownHosts.ts";

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
  /**
   * Ends an incident too: with lines of the known_hosts format from elsewhere that hold the key which the host showed
   * last, under the name that it was reached by or one of `also`, with its port. `HOST_KEY_REJECTED` {reason} when they do not.
   */
  acceptListed(hostId: string, inventory: string, also?: readonly string[]): Promise<void>;
  /** Keeps what was read of a host's start beside its pinned keys; nothing is kept of a host that has none. */
  noteBoot(hostId: string, boot: LastBoot): Promise<void>;
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
  place: Place;
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
  const inTurn = createSerial();

  async function pins(hostId: string): Promise<PinnedKey[]> {
    const stored = await store.get(hostId);
    return stored === undefined || stored === null ? [] : pinnedKeys.parse(stored);
  }

  async function linesFor({ address, port, files: own }: Omit<HostKeyQuestion, "key">): Promise<KnownHost[]> {
    const files = await Promise.all((own ?? deps.knownHostsFiles).map(readKnownHosts));
    return files.flat().filter((entry) => speaksOf(entry, address, port));
  }

  /** What is read of the pins and written back must not undo what came between. */
  async function rewrite(hostId: string, edit: (all: PinnedKey[]) => PinnedKey[]): Promise<void> {
    await inTurn(async () => {
      const all = await pins(hostId);
      const edited = edit(all);
      if (edited !== all) await store.set(hostId, edited);
    });
  }

  async function trust(hostId: string, pin: PinnedKey, edit: (all: PinnedKey[]) => PinnedKey[]): Promise<void> {
    await rewrite(hostId, edit);
    current.set(hostId, recordOf(pin, "pinned"));
    incidents.delete(hostId);
  }

  function incidentAt(hostId: string): Incident {
    const incident = incidents.get(hostId);
    if (incident === undefined) throw new Failure("NOT_FOUND", { what: "host key incident" });
    return incident;
  }

  async function settle(hostId: string, { key, revoked }: Incident): Promise<void> {
    if (revoked) throw new Failure("HOST_KEY_CHANGED", { new: fingerprintOf(key), revoked: true });
    const pin = pinOf(key, clock.now());
    await trust(hostId, pin, () => [pin]);
  }

  return {
    async check(question) {
      const { hostId, key } = question;
      const [pinned, lines] = await Promise.all([pins(hostId), linesFor(question)]);
      const verdict = judge(key, pinned, lines);
      const now = clock.now();
      const pin = pinned[indexOfKey(pinned, key)];
      if (verdict.kind === "pinned" && pin) {
        const seen = (all: PinnedKey[]) => all.map((one) => (one.key === pin.key ? { ...one, lastSeen: now } : one));
        await trust(hostId, { ...pin, lastSeen: now }, seen);
      }
      if (verdict.kind === "known") {
        current.set(hostId, { ...recordOf(pinOf(key, now), "known_hosts"), firstSeen: null });
        incidents.delete(hostId);
      }
      if (verdict.kind === "changed" || verdict.kind === "revoked") {
        const shown = incidentOf(verdict, pinned, lines, now);
        const { address, port } = question;
        const revoked = verdict.kind === "revoked";
        incidents.set(hostId, { key: Buffer.from(key), place: { address, port }, revoked, shown });
      }
      return verdict;
    },

    async pin(hostId, given) {
      const key = typeof given === "string" ? blobFromText(given) : given;
      if (indexOfKey(await pins(hostId), key) >= 0) return;
      const pin = pinOf(key, clock.now());
      await trust(hostId, pin, (all) => (indexOfKey(all, key) >= 0 ? all : [...all, pin]));
    },

    pinned: pins,

    view: (hostId) => ({
      key: current.get(hostId) ?? null,
      incident: incidents.get(hostId)?.shown ?? null,
    }),

    async accept(hostId, fingerprint) {
      const incident = incidentAt(hostId);
      if (fingerprintOf(incident.key) !== fingerprint) {
        throw new Failure("BAD_INPUT", { field: "fingerprint", reason: "other-fingerprint" });
      }
      await settle(hostId, incident);
    },

    async acceptListed(hostId, inventory, also = []) {
      const incident = incidentAt(hostId);
      const { address, port } = incident.place;
      const places = [address, ...also].map((name) => ({ address: name, port }));
      const reason = lookInInventory(inventory, incident.key, places);
      if (reason !== "listed") throw new Failure("HOST_KEY_REJECTED", { address, port, reason });
      await settle(hostId, incident);
    },

    async noteBoot(hostId, boot) {
      await rewrite(hostId, (all) => (all.length === 0 ? all : all.map((pin) => ({ ...pin, boot }))));
    },

    async forget(hostId) {
      incidents.delete(hostId);
      current.delete(hostId);
      await inTurn(() => store.set(hostId, []));
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
