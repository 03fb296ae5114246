/** Only the head of a line is looked at: further on, a time is somebody's text. */
const HEAD = 200;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** RFC 3339 and its relatives: `T`, a blank or `/` between the parts, `,` or `.` before the fraction, a zone or none. */
const iso =
  /\b(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?: ?(Z|UTC|[+-]\d{2}:?\d{2}))?(?!\d)/;
/** nginx, Apache, gunicorn: `[22/Nov/2026:10:00:00 +0300]`. */
const common = /\[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})\]/;
/** syslog without a year (RFC 3164): `Nov 22 10:00:00`. */
const syslog = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2})\b/;
/** glog and klog, `W1122 10:00:00.123456`; vLLM, `INFO 11-22 10:00:00`. */
const monthDay =
  /^(?:\([^()]{1,60}\) )?(?:[DIWEF]|[A-Z]{4,8} )(\d{2})-?(\d{2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?/;
/** A field of a JSON line: seconds, milliseconds, microseconds or nanoseconds since the epoch, told by their size. */
const epoch = /"(?:ts|time|timestamp|@timestamp|t)"\s*:\s*"?(\d{10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})"?\s*[,}]/;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * The time that a line says it was written, milliseconds since the epoch, maybe with a fraction; null when it says none.
 * A time without a zone counts as UTC, one without a year as the last such day at `now`.
 */
export function stampIn(line: string, now: number): number | null {
  const head = line.length > HEAD ? line.slice(0, HEAD) : line;
  if (head.startsWith("{")) {
    const at = epoch.exec(head)?.[1];
    if (at !== undefined) return fromEpoch(at);
  }
  return fromIso(iso.exec(head)) ?? fromCommon(common.exec(head)) ?? withoutYear(head, now);
}

function fromEpoch(digits: string): number {
  const value = Number(digits);
  if (digits.includes(".") || digits.length === 10) return value * 1_000;
  return value / 10 ** (digits.length - 13);
}

function fromIso(match: RegExpExecArray | null): number | null {
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  return instant([year, month, day, hour, minute, second], fraction, zone);
}

function fromCommon(match: RegExpExecArray | null): number | null {
  if (match === null) return null;
  const [, day, name = "", year, hour, minute, second, zone] = match;
  return instant([year, String(months.indexOf(name) + 1), day, hour, minute, second], undefined, zone);
}

function withoutYear(head: string, now: number): number | null {
  const named = syslog.exec(head);
  const numbered = named === null ? monthDay.exec(head) : null;
  const match = named ?? numbered;
  if (match === null) return null;
  const [, first = "", day, hour, minute, second, fraction] = match;
  const month = named === null ? first : String(months.indexOf(first) + 1);
  const year = new Date(now).getUTCFullYear();
  const at = instant([String(year), month, day?.trim(), hour, minute, second], fraction, undefined);
  // In January, lines of December are those of last year. A day ahead may be another zone.
  if (at === null || at <= now + DAY_MS) return at;
  return instant([String(year - 1), month, day?.trim(), hour, minute, second], fraction, undefined);
}

function instant(parts: (string | undefined)[], fraction: string | undefined, zone: string | undefined): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const fits = year >= 1990 && year < 2200 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (!fits || hour > 23 || minute > 59 || second > 60) return null;
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  return at - offsetMs(zone) + (fraction === undefined ? 0 : Number(`0.${fraction}`) * 1_000);
}

function offsetMs(zone: string | undefined): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? "");
  if (match === null) return 0;
  const ms = Number(match[2]) * HOUR_MS + Number(match[3]) * 60_000;
  return match[1] === "-" ? -ms : ms;
}
