/** How a line's time is written. */
export const timeModes = ["local", "utc", "relative", "none"] as const;
export type TimeMode = (typeof timeModes)[number];

const two = (value: number) => String(value).padStart(2, "0");

/** `12:05:09.042`, with the day before it where `day` says so; the fraction apart, since narrow views leave it out. */
export function clockOf(at: number, utc: boolean, day: boolean): { time: string; fraction: string } {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return { time: "", fraction: "" };
  const iso = utc ? when.toISOString() : localIso(when);
  return { time: day ? `${iso.slice(5, 10)} ${iso.slice(11, 19)}` : iso.slice(11, 19), fraction: iso.slice(19, 23) };
}

/** The whole of it: `2026-11-22 12:05:09.042`. */
export function stampOf(at: number, utc: boolean): string {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return "";
  return (utc ? when.toISOString() : localIso(when)).slice(0, 23).replace("T", " ");
}

function localIso(when: Date): string {
  const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  const time = `${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}`;
  return `${day}T${time}.${String(when.getMilliseconds()).padStart(3, "0")}`;
}

/** True when two times lie on different days of the zone that is shown. */
export function otherDay(at: number, now: number, utc: boolean): boolean {
  return stampOf(at, utc).slice(0, 10) !== stampOf(now, utc).slice(0, 10);
}

/** `UTC`, `UTC+3`, `UTC−3:30`: the zone at that time. */
export function zoneOf(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const rest = size % 60;
  return `UTC${minutes < 0 ? "−" : "+"}${Math.floor(size / 60)}${rest === 0 ? "" : `:${two(rest)}`}`;
}
