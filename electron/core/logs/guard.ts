import type { Screener } from "./detect/index.ts";
import { maskData } from "./masking/data.ts";
import { createMasker, type Masker, weaknessOf } from "./masking/index.ts";

/** Forced or not: shorter values would blacken every text there is, and hide nothing. */
const LEAST_FORCED = 3;

/** The masker as the core hands it around: exact values first, and behind them, in texts, tokens of known issuers. */
export interface Guard extends Masker {
  /**
   * Masks short and common values too, or no longer. On: from the next byte on, those registered before as well. Off: a
   * name that also has a strong value keeps all its values masked.
   */
  forceWeak(on: boolean): void;
}

/**
 * `bytes` and streams are masked exactly alone: a model's answer may speak of e-mails and tokens, and log lines pass the
 * screen of their log room.
 */
export function createGuard(screener: Pick<Screener, "text">): Guard {
  let forced = false;
  const masker = createMasker({ force: () => forced });
  const weak = new Map<string, Map<string, Buffer>>();
  const strong = new Set<string>();
  const text = (input: string): string => screener.text(masker.text(input));

  function keepWeak(name: string, value: Uint8Array): void {
    const values = weak.get(name) ?? new Map<string, Buffer>();
    weak.set(name, values);
    const copy = Buffer.from(value);
    values.set(copy.toString("base64"), copy);
  }

  function showWeak(): void {
    for (const name of weak.keys()) if (!strong.has(name)) masker.withdraw(name);
  }

  function maskWeak(): void {
    for (const [name, values] of weak) {
      for (const value of values.values()) if (value.length >= LEAST_FORCED) masker.register(name, value);
    }
  }

  return {
    ...masker,
    register(name, value) {
      if (value.length === 0) return;
      if (weaknessOf(value) === null) {
        strong.add(name);
        masker.register(name, value);
        return;
      }
      keepWeak(name, value);
      if (forced && value.length >= LEAST_FORCED) masker.register(name, value);
    },
    withdraw(name) {
      masker.withdraw(name);
      strong.delete(name);
      for (const value of weak.get(name)?.values() ?? []) value.fill(0);
      weak.delete(name);
    },
    weak: () => (forced ? [] : [...weak.keys()]),
    text,
    data: (value) => maskData(value, text),
    forceWeak(on) {
      if (on === forced) return;
      forced = on;
      if (on) maskWeak();
      else showWeak();
    },
  };
}
