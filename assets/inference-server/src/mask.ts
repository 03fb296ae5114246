/** What stands in place of a value: eight asterisks, as in `HF_TOKEN=********`. */
export const MASK = "********";

/** Shorter values (`1`, `cpu`) would blot out ordinary words of the log and are settings, not secrets. */
const SHORTEST = 4;
/** A base64 core of fewer characters could be any word. */
const SHORTEST_CORE = 8;
/** Values remembered; the oldest is forgotten first. */
const MOST_VALUES = 512;

export interface Masker {
  /** From now on `value` and its usual encodings are masked. Returns false when it is too short for that. */
  add(value: string): boolean;
  /** `text` with every known value replaced. */
  mask(text: string): string;
}

/**
 * Masks by value. Values stay known after `unload`: a library may still log one that it copied earlier, and a late
 * line must not be the leak.
 */
export function createMasker(): Masker {
  const known = new Map<string, readonly string[]>();
  let needles: string[] = [];

  function rebuild(): void {
    // Longest first, so that a value inside another does not leave the rest of the longer one readable.
    needles = [...new Set([...known.values()].flat())].sort((a, b) => b.length - a.length);
  }

  return {
    add(value) {
      if (value.length < SHORTEST) return false;
      known.delete(value);
      known.set(value, formsOf(value));
      for (const oldest of known.keys()) {
        if (known.size <= MOST_VALUES) break;
        known.delete(oldest);
      }
      rebuild();
      return true;
    },
    mask(text) {
      let masked = text;
      for (const needle of needles) {
        if (masked.includes(needle)) masked = masked.replaceAll(needle, MASK);
      }
      return masked;
    },
  };
}

/** The value as it is, and as it looks in JSON, in a URL, in hex and inside base64 at each of the three alignments. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const forms = new Set<string>([value, JSON.stringify(value).slice(1, -1), urlForm(value)]);
  forms.add(urlForm(value).replaceAll("%20", "+"));
  const hex = bytes.toString("hex");
  forms.add(hex);
  forms.add(hex.toUpperCase());
  for (const shift of [0, 1, 2]) {
    const core = base64Core(bytes, shift);
    if (core.length < SHORTEST_CORE) continue;
    forms.add(core);
    forms.add(core.replaceAll("+", "-").replaceAll("/", "_"));
  }
  for (const line of value.split(/\r?\n/)) {
    if (line.length >= SHORTEST_CORE) forms.add(line);
  }
  forms.delete("");
  return [...forms];
}

/** `encodeURIComponent` throws on half of a surrogate pair, which JSON can carry. */
function urlForm(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

/** The characters of base64 that depend on these bytes alone when `shift` unknown bytes stand before them. */
function base64Core(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString("base64")
    .replaceAll("=", "");
  const first = Math.ceil((shift * 8) / 6);
  const whole = Math.floor(((shift + bytes.length) * 8) / 6);
  return text.slice(first, whole);
}
