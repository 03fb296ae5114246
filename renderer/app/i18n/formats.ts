import type { IntlShape } from "react-intl";

export interface Formats {
  number: (value: number, digits?: number) => string;
  /** `12.4K`: a count where its size matters and its digits do not. */
  short: (value: number) => string;
  percent: (value: number) => string;
  /** `1.5 GiB`: powers of 1024. */
  bytes: (value: number) => string;
  /** Milliseconds as a length: `240ms`, `1.2s`, `3m`, `2h`, `4d`. */
  duration: (ms: number) => string;
  /** What is left of a wait: `1:58`. */
  countdown: (ms: number) => string;
  dateTime: (at: number) => string;
  /** From one moment to another; what both have in common is said once. */
  range: (from: number, to: number) => string;
  /** `2026-11-22 13:19:59`, local: for columns, where every row is as wide as the next. */
  stamp: (at: number) => string;
  /** With milliseconds, for logs and the audit. */
  exactTime: (at: number) => string;
  list: (items: readonly string[]) => string;
}

const sizes = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
const sizesRu = ["Б", "КиБ", "МиБ", "ГиБ", "ТиБ"] as const;

export function createFormats(intl: IntlShape): Formats {
  const unit = (value: number, name: "millisecond" | "second" | "minute" | "hour" | "day", digits = 0) =>
    intl.formatNumber(value, { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits });
  return {
    number: (value, digits = 0) => intl.formatNumber(value, { maximumFractionDigits: digits }),
    short: (value) => intl.formatNumber(value, { notation: "compact", maximumFractionDigits: value >= 10_000 ? 0 : 1 }),
    percent: (value) => intl.formatNumber(value / 100, { style: "percent", maximumFractionDigits: 0 }),
    bytes: (value) => {
      const names = intl.locale.startsWith("ru") ? sizesRu : sizes;
      let power = 0;
      let left = value;
      while (left >= 1024 && power < names.length - 1) {
        left /= 1024;
        power += 1;
      }
      const digits = power === 0 || left >= 100 ? 0 : 1;
      return `${intl.formatNumber(left, { maximumFractionDigits: digits })} ${names[power]}`;
    },
    duration: (ms) => {
      if (ms < 1000) return unit(ms, "millisecond", ms < 10 ? 1 : 0);
      if (ms < 10_000) return unit(ms / 1000, "second", 1);
      if (ms < 60_000) return unit(Math.floor(ms / 1000), "second");
      if (ms < 3_600_000) return unit(Math.floor(ms / 60_000), "minute");
      if (ms < 86_400_000) return unit(Math.floor(ms / 3_600_000), "hour");
      return unit(Math.floor(ms / 86_400_000), "day");
    },
    countdown: (ms) => {
      const seconds = Math.max(0, Math.ceil(ms / 1000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    },
    dateTime: (at) => intl.formatDate(at, { dateStyle: "medium", timeStyle: "medium" }),
    range: (from, to) =>
      intl.formatDateTimeRange(from, to, { dateStyle: "medium", timeStyle: to - from < 120_000 ? "medium" : "short" }),
    stamp: (at) => {
      const when = new Date(at);
      const two = (value: number) => String(value).padStart(2, "0");
      const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
      return `${day} ${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}`;
    },
    exactTime: (at) =>
      intl.formatTime(at, {
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        fractionalSecondDigits: 3,
        hour12: false,
      }),
    list: (items) => intl.formatList([...items], { type: "conjunction" }),
  };
}
