/**
 * `value` with every string inside arrays and plain objects (their keys too) masked; the same object where nothing
 * changed. A value that stands alone under its own name becomes `********`.
 */
export function maskData<T>(value: T, mask: (text: string) => string): T {
  return walk(value, mask, new Map()) as T;
}

function walk(value: unknown, mask: (text: string) => string, done: Map<object, unknown>): unknown {
  if (typeof value === "string") return mask(value);
  if (typeof value !== "object" || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) return walkArray(value, mask, done);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return walkObject(value, mask, done, prototype);
}

function walkArray(list: unknown[], mask: (text: string) => string, done: Map<object, unknown>): unknown[] {
  // Known before its content is: a cycle leads back to the copy.
  const copy: unknown[] = [];
  done.set(list, copy);
  let same = true;
  for (const item of list) {
    const masked = walk(item, mask, done);
    if (masked !== item) same = false;
    copy.push(masked);
  }
  if (!same) return copy;
  done.set(list, list);
  return list;
}

function walkObject(
  object: object,
  mask: (text: string) => string,
  done: Map<object, unknown>,
  prototype: object | null,
): object {
  const copy: Record<string, unknown> = Object.create(prototype);
  done.set(object, copy);
  let same = true;
  for (const [key, item] of Object.entries(object)) {
    const name = mask(key);
    const walked = walk(item, mask, done);
    const masked = walked !== item && walked === `[secret:${key}]` ? "********" : walked;
    if (masked !== item || name !== key) same = false;
    // Never by assignment: a key named __proto__ must stay a key.
    Object.defineProperty(copy, name, { value: masked, enumerable: true, configurable: true, writable: true });
  }
  if (!same) return copy;
  done.set(object, object);
  return object;
}
