import { useState } from "react";

/** A choice of how things look, kept by the browser where it can be: what can't be kept is forgotten with the page. */
export function useStored<T extends object>(key: string, initial: T): [T, (value: T) => void] {
  const [value, setValue] = useState(() => read(key, initial));
  return [
    value,
    (next) => {
      setValue(next);
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // A browser that keeps nothing shows the same, until it is closed.
      }
    },
  ];
}

/** What is stored where it is of the same kind, else what one begins with. */
function read<T extends object>(key: string, initial: T): T {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return merged(initial, stored);
  } catch {
    return initial;
  }
}

export function merged<T extends object>(initial: T, stored: unknown): T {
  if (typeof stored !== "object" || stored === null) return initial;
  const fitting = Object.entries(initial).map(([name, value]) => {
    const found: unknown = Object.hasOwn(stored, name) ? (stored as Record<string, unknown>)[name] : undefined;
    return [name, typeof found === typeof value ? found : value];
  });
  return Object.fromEntries(fitting) as T;
}
