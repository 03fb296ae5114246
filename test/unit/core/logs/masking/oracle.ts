/**
 * What masking means, written as plainly as can be and as slow as may be: the property tests hold the engine against it.
 */
import { type Variant, variantsOf } from "../../../../../electron/core/logs/masking/variants.ts";

interface Occurrence {
  start: number;
  end: number;
  variant: OwnedVariant;
}

export interface OwnedVariant extends Variant {
  names: string[];
  order: number;
}

export function ownedVariants(secrets: readonly { name: string; value: Uint8Array }[]): OwnedVariant[] {
  const byBytes = new Map<string, OwnedVariant>();
  for (const { name, value } of secrets) {
    for (const variant of variantsOf(value)) {
      const key = Buffer.from(variant.bytes).toString("latin1");
      const known = byBytes.get(key);
      if (known === undefined) byBytes.set(key, { ...variant, names: [name], order: byBytes.size });
      else {
        if (!known.names.includes(name)) known.names.push(name);
        known.head ||= variant.head;
        known.tail = (known.tail | variant.tail) as 0 | 1 | 2;
      }
    }
  }
  return [...byBytes.values()];
}

const digit = /[A-Za-z0-9+/_-]/;

/** Text without escape sequences and the offset of each of its characters. A trailing unfinished sequence goes too. */
function stripped(text: string): { text: string; at: number[] } {
  const sequence =
    /^\u001b(?:\[[\x20-\x3f]{0,61}[\x40-\x7e]|[\]PX^_][\x20-\xff]{0,500}?(?:\u0007|\u001b\\)|[\x20-\x2f]{1,10}[\x30-\x7e]|[\x30-\x4f\x51-\x57\x59\x5a\\\x60-\x7e])/;
  const unfinished = /^\u001b(?:\[[\x20-\x3f]{0,61}|[\]PX^_][\x20-\xff]{0,500}\u001b?|[\x20-\x2f]{0,10})$/;
  let out = "";
  const at: number[] = [];
  for (let i = 0; i < text.length; ) {
    if (text[i] === "\u001b") {
      const rest = text.slice(i);
      const match = sequence.exec(rest);
      if (match !== null) {
        i += match[0].length;
        continue;
      }
      if (unfinished.test(rest)) break;
    }
    out += text[i];
    at.push(i);
    i++;
  }
  return { text: out, at };
}

function occurrences(text: string, variants: readonly OwnedVariant[]): Occurrence[] {
  const list: Occurrence[] = [];
  for (const variant of variants) {
    const wanted = Buffer.from(variant.bytes).toString("latin1");
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
      let start = at;
      let end = at + wanted.length;
      if (variant.head && start > 0 && digit.test(text[start - 1]!)) start--;
      if (variant.tail > 0 && end < text.length && digit.test(text[end]!)) {
        end++;
        for (let pad = 0; pad < variant.tail && text[end] === "="; pad++) end++;
      }
      list.push({ start, end, variant });
    }
  }
  return list;
}

function suffixOf(text: string, variants: readonly OwnedVariant[]): { at: number; variant: OwnedVariant } | null {
  const sorted = [...variants].sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  for (let at = 0; at < text.length; at++) {
    const rest = text.slice(at);
    const variant = sorted.find((v) => {
      const bytes = Buffer.from(v.bytes).toString("latin1");
      return bytes.length > rest.length && bytes.startsWith(rest);
    });
    if (variant !== undefined) return { at, variant };
  }
  return null;
}

/** `cutAtEnd`: as a stream that ends here, where a cut secret goes too. */
export function naiveMask(input: Uint8Array, variants: readonly OwnedVariant[], cutAtEnd: boolean): string {
  const text = Buffer.from(input).toString("latin1");
  const view = stripped(text);
  const all: (Occurrence & { cut: boolean })[] = [
    ...occurrences(text, variants),
    ...occurrences(view.text, variants).map((o) => ({ ...o, start: view.at[o.start]!, end: view.at[o.end - 1]! + 1 })),
  ].map((o) => ({ ...o, cut: false }));
  if (cutAtEnd) {
    const raw = suffixOf(text, variants);
    const inView = suffixOf(view.text, variants);
    const mapped = inView === null ? null : { at: view.at[inView.at]!, variant: inView.variant };
    const suffix = mapped !== null && (raw === null || mapped.at < raw.at) ? mapped : raw;
    if (suffix !== null && text.length - suffix.at >= 4) {
      all.push({ start: suffix.at, end: text.length, variant: suffix.variant, cut: true });
    }
  }
  all.sort(
    (a, b) => a.start - b.start || b.end - a.end || Number(a.cut) - Number(b.cut) || a.variant.order - b.variant.order,
  );
  let out = "";
  let at = 0;
  for (let i = 0; i < all.length; ) {
    let best = all[i]!;
    const { start } = best;
    let { end } = best;
    for (i++; i < all.length && all[i]!.start < end; i++) {
      end = Math.max(end, all[i]!.end);
      if (all[i]!.end - all[i]!.start > best.end - best.start) best = all[i]!;
    }
    out += text.slice(at, start);
    out += replacement(out, best);
    at = end;
  }
  return out + text.slice(at);
}

function replacement(before: string, best: Occurrence & { cut: boolean }): string {
  const line = stripped(before.slice(before.lastIndexOf("\n") + 1)).text;
  const assigned = best.variant.names.find((name) =>
    new RegExp(`(?:^|[^A-Za-z0-9_])${name}["'\`\\\\]{0,6} {0,2}[=:] {0,2}["'\`\\\\]{0,6}$`).test(line),
  );
  if (assigned !== undefined && !best.cut) return "********";
  return `[secret:${assigned ?? best.variant.names[0]}]`;
}
