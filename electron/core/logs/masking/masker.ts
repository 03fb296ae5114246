import { createHash } from "node:crypto";
import type { SecretRegistrar } from "../../secrets/secret.ts";
import type { MaskGuard, MaskHit } from "../types.ts";
import { maskData } from "./data.ts";
import { MaskEngine } from "./engine.ts";
import type { Owner } from "./patterns.ts";
import { EngineStream, type HitListener, type MaskStream, maskWhole } from "./stream.ts";
import { variantsOf } from "./variants.ts";
import { weaknessOf } from "./weak.ts";

export interface MaskerOptions {
  /** Mask values that are too weak too (short, common words): whatever looks like them goes as well. Default: never. */
  force?: (name: string) => boolean;
  /** Told of each replacement; `source` is what the stream was opened with, `null` for texts, bytes and data. */
  onHit?: (hit: { name: string; encoding: string; source: string | null }) => void;
}

/**
 * The guard at every exit of the core. What is registered is masked from the very next byte on, in all its encodings,
 * in text, bytes, data and streams: as `NAME=********` where the value follows its name, as `[secret:NAME]` elsewhere.
 */
export interface Masker extends SecretRegistrar, MaskGuard {
  /** A name may hold several values (versions): all are masked. Idempotent for the same name and value. */
  register(name: string, value: Uint8Array): void;
  /** Stops masking all values of `name`, and overwrites them. */
  withdraw(name: string): void;
  /** Every occurrence of every form of the named secrets (default: of all), overlapping ones too, in order. */
  find(bytes: Uint8Array, names?: readonly string[]): MaskHit[];
  stream(options?: StreamOptions): MaskStream;
  /** Replacements so far by name, those with none left out. */
  hits(): ReadonlyMap<string, number>;
  /** Names with a value that is too weak to be masked, and is not. */
  weak(): string[];
  /** Patterns looked for, and bytes of the tables behind them. */
  size(): { secrets: number; patterns: number; tableBytes: number };
}

export interface StreamOptions {
  /** What is masked (a container's id), for the masker's `onHit`. */
  source?: string;
  /** Told of each replacement in this stream. */
  onHit?: (name: string) => void;
}

interface SecretRecord {
  /** Pattern numbers by digest of the value. */
  values: Map<string, number[]>;
  owners: Map<string, Owner>;
  weak: boolean;
}

export function createMasker(options: MaskerOptions = {}): Masker {
  const engine = new MaskEngine();
  const records = new Map<string, SecretRecord>();
  const hits = new Map<string, number>();

  const listener = (stream: StreamOptions): HitListener => {
    return ({ name, encoding }) => {
      hits.set(name, (hits.get(name) ?? 0) + 1);
      stream.onHit?.(name);
      options.onHit?.({ name, encoding, source: stream.source ?? null });
    };
  };
  const onHit = listener({});

  function register(name: string, value: Uint8Array): void {
    if (value.length === 0) return;
    const record = records.get(name) ?? { values: new Map(), owners: new Map(), weak: false };
    const digest = createHash("sha256").update(value).digest("base64");
    if (record.values.has(digest)) return;
    records.set(name, record);
    const forced = options.force?.(name) ?? false;
    if (weaknessOf(value) !== null && !forced) {
      record.weak = true;
      record.values.set(digest, []);
      return;
    }
    const ids = variantsOf(value, forced).map((variant) =>
      engine.add(variant, ownerOf(record, name, variant.encoding)),
    );
    record.values.set(digest, ids);
  }

  function withdraw(name: string): void {
    const record = records.get(name);
    if (record === undefined) return;
    records.delete(name);
    hits.delete(name);
    for (const id of new Set([...record.values.values()].flat())) engine.remove(id, name);
  }

  function bytes(input: Uint8Array): Uint8Array {
    return maskWhole(engine, input, onHit);
  }

  function text(input: string): string {
    if (engine.store.live === 0 || input.length === 0) return input;
    const encoded = Buffer.from(input);
    const masked = bytes(encoded);
    return masked === encoded ? input : Buffer.from(masked).toString("utf8");
  }

  function find(input: Uint8Array, names?: readonly string[]): MaskHit[] {
    const wanted = names === undefined ? null : new Set(names);
    const found = engine.whole(input, true);
    const seen = new Set<string>();
    const list: MaskHit[] = [];
    found.ids.forEach((id, i) => {
      for (const { name, encoding } of engine.store.owners(id)) {
        const offset = found.starts[i] as number;
        const key = `${offset} ${id} ${name}`;
        if ((wanted !== null && !wanted.has(name)) || seen.has(key)) continue;
        seen.add(key);
        list.push({ name, encoding, offset });
      }
    });
    return list.sort((a, b) => a.offset - b.offset);
  }

  return {
    register,
    withdraw,
    bytes,
    text,
    data: (value) => maskData(value, text),
    find,
    stream: (stream) => new EngineStream(engine, stream === undefined ? onHit : listener(stream)),
    hits: () => new Map(hits),
    weak: () => [...records].filter(([, record]) => record.weak).map(([name]) => name),
    size: () => ({ secrets: records.size, patterns: engine.store.live, tableBytes: engine.tableBytes }),
  };
}

/** One object for all patterns of a secret in one encoding. */
function ownerOf(record: SecretRecord, name: string, encoding: string): Owner {
  const known = record.owners.get(encoding);
  if (known !== undefined) return known;
  const owner = { name, encoding };
  record.owners.set(encoding, owner);
  return owner;
}
