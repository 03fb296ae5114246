/** The engine's time stamps: RFC 3339 with up to nine digits of a second. */
const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\d*(Z|[+-]\d\d:\d\d)$/;

/** Nanoseconds since the epoch; `null` for what is no stamp. */
export function stampToNs(stamp: string): bigint | null {
  const match = form.exec(stamp);
  if (match === null) return null;
  const seconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(seconds)) return null;
  return BigInt(seconds) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/** Milliseconds since the epoch, quickly: the minute of the last stamp is kept. */
export function createStampReader(): (stamp: string) => number | null {
  let minute = "";
  let base = 0;
  return (stamp) => {
    // `2026-11-22T10:00:05.123456789Z`: all that is not the minute is digits at fixed places.
    if (stamp.length < 23 || !stamp.endsWith("Z") || stamp[19] !== ".") {
      const ns = stampToNs(stamp);
      return ns === null ? null : Number(ns / 1_000_000n);
    }
    if (!stamp.startsWith(minute) || minute === "") {
      const parsed = Date.parse(`${stamp.slice(0, 17)}00Z`);
      if (Number.isNaN(parsed)) return null;
      minute = stamp.slice(0, 17);
      base = parsed;
    }
    const at = base + Number(stamp.slice(17, 19)) * 1000 + Number(stamp.slice(20, 23));
    return Number.isNaN(at) ? null : at;
  };
}
