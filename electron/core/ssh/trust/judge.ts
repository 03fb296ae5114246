import { z } from "zod";
import { fingerprintOf, randomartOf } from "./fingerprint.ts";
import { blobType, type KnownHost } from "./knownHosts.ts";

const lastBoot = z.object({
  /** `/proc/sys/kernel/random/boot_id`: another one after each start of the kernel. */
  id: z.string().max(64),
  /** When it started, and when that was read: milliseconds since the epoch. */
  since: z.number().nullable(),
  readAt: z.number(),
});

/** What was last known of a host's running kernel: by it a person tells a host set up anew from another machine. */
export type LastBoot = z.infer<typeof lastBoot>;

const pinnedKey = z.object({
  /** `ssh-ed25519`, … */
  type: z.string().max(64),
  /** The public key blob, base64. */
  key: z.base64().max(16_384),
  /** Milliseconds since the epoch. */
  firstSeen: z.number(),
  lastSeen: z.number(),
  boot: lastBoot.optional(),
});
export const pinnedKeys = z.array(pinnedKey).max(32);

/** A host key that this console has accepted for a host, by a person or because known_hosts holds it. */
export type PinnedKey = z.infer<typeof pinnedKey>;

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
  /** What was known of the host's start before; `null` where it was never read. */
  lastBoot: LastBoot | null;
  detectedAt: number;
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

export function indexOfKey(pinned: readonly PinnedKey[], key: Buffer): number {
  return pinned.findIndex((pin) => Buffer.from(pin.key, "base64").equals(key));
}

export function pinOf(key: Buffer, now: number): PinnedKey {
  return { type: blobType(key) ?? "unknown", key: key.toString("base64"), firstSeen: now, lastSeen: now };
}

export function recordOf(pin: PinnedKey, source: HostKeyRecord["source"]): HostKeyRecord {
  const fingerprint = fingerprintOf(Buffer.from(pin.key, "base64"));
  return { type: pin.type, fingerprint, source, firstSeen: pin.firstSeen, lastSeen: pin.lastSeen };
}

export function incidentOf(
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
    lastBoot: pinned.find(({ boot }) => boot !== undefined)?.boot ?? null,
    detectedAt: now,
  };
}
