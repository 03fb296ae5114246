/**
 * The vault's entries as bytes. Not JSON: a JavaScript string cannot be overwritten, so the values stay in Buffers from
 * the cipher to the borrower. Each entry is three fields (space, name, value), each with its length before it.
 */
export type Entries = Map<string, Map<string, Buffer>>;

const LENGTH_BYTES = 4;

export function packEntries(entries: Entries): Buffer {
  const parts: Buffer[] = [];
  for (const [space, names] of entries) {
    for (const [name, value] of names) {
      for (const field of [Buffer.from(space), Buffer.from(name), value]) {
        const length = Buffer.alloc(LENGTH_BYTES);
        length.writeUInt32BE(field.length);
        parts.push(length, field);
      }
    }
  }
  return Buffer.concat(parts);
}

/** `null` when the lengths do not add up. The values are copies: `packed` may be overwritten. */
export function unpackEntries(packed: Buffer): Entries | null {
  const entries: Entries = new Map();
  const fields: Buffer[] = [];
  let at = 0;
  while (at < packed.length) {
    if (at + LENGTH_BYTES > packed.length) return null;
    const end = at + LENGTH_BYTES + packed.readUInt32BE(at);
    if (end > packed.length) return null;
    fields.push(packed.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  for (let n = 0; n < fields.length; n += 3) {
    const [space, name, value] = fields.slice(n, n + 3);
    if (space === undefined || name === undefined || value === undefined) return null;
    const names = entries.get(space.toString()) ?? new Map<string, Buffer>();
    entries.set(space.toString(), names.set(name.toString(), Buffer.from(value)));
  }
  return entries;
}

export function wipeEntries(entries: Entries): void {
  for (const names of entries.values()) for (const value of names.values()) value.fill(0);
  entries.clear();
}
