import type { AlertKey } from "./book.ts";

/**
 * Alerts of rules that were open when the console ended. Whether they hold is not known before their log has been read
 * for as long as the rule looks back; until then they neither go on nor end.
 */
export interface Carried {
  has(key: AlertKey): boolean;
  keys(): AlertKey[];
  /** It is known what became of it. */
  drop(key: AlertKey): void;
  /** True once its log has been read without a break for `lookBackMs`. `live`: it is being read right now. */
  isKnown(key: AlertKey, live: boolean, now: number, lookBackMs: number): boolean;
}

export function createCarried(keys: Iterable<AlertKey>): Carried {
  /** Since when their logs are read; null while they are not. */
  const since = new Map<AlertKey, number | null>();
  for (const key of keys) since.set(key, null);
  return {
    has: (key) => since.has(key),
    keys: () => [...since.keys()],
    drop: (key) => void since.delete(key),
    isKnown(key, live, now, lookBackMs) {
      const begun = live ? (since.get(key) ?? now) : null;
      since.set(key, begun);
      return begun !== null && now - begun >= lookBackMs;
    },
  };
}
