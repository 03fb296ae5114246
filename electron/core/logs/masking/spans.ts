import { strip } from "./ansi.ts";
import type { Owner } from "./patterns.ts";
import type { Found } from "./windowIndex.ts";

/** What is known of a range that one replacement stands for. */
export interface Best {
  /** Bytes of the occurrence that gave the name. */
  length: number;
  owners: readonly Owner[];
  /** The occurrence was cut off by the end of the stream. */
  cut: boolean;
}

export interface Span {
  start: number;
  end: number;
  best: Best;
}

/** A span that began before the text at hand; it covers the text up to `end`. */
export interface OpenSpan {
  end: number;
  best: Best;
}

/**
 * Occurrences that begin before `limit` as disjoint spans in order: overlapping ones become one, with the owners of the
 * longest (of equals, of the first). Touching ones stay apart.
 */
export function mergeSpans(
  found: Found,
  limit: number,
  ownersOf: (id: number) => readonly Owner[],
  open: OpenSpan | null,
): Span[] {
  const spans: Span[] = [];
  let current: Span | null = open === null ? null : { start: -1, end: open.end, best: open.best };
  for (const i of inOrder(found)) {
    const start = found.starts[i] as number;
    const end = found.ends[i] as number;
    if (start >= limit) break;
    if (current !== null && start < current.end) {
      current.end = Math.max(current.end, end);
      if (end - start <= current.best.length) continue;
    } else {
      if (current !== null) spans.push(current);
      current = { start, end, best: { length: 0, owners: [], cut: false } };
    }
    current.best = { length: end - start, owners: ownersOf(found.ids[i] as number), cut: false };
  }
  if (current !== null) spans.push(current);
  return spans;
}

function inOrder(found: Found): number[] {
  const order = found.ids.map((_, i) => i);
  if (order.length < 2) return order;
  const { starts, ends, ids } = found;
  return order.sort(
    (a, b) =>
      (starts[a] as number) - (starts[b] as number) ||
      (ends[b] as number) - (ends[a] as number) ||
      (ids[a] as number) - (ids[b] as number),
  );
}

/** Bytes of output that the choice of a replacement looks back at. */
export const CONTEXT = 256;

/** True when `context`, the output right before a value, says that the value belongs to `name`: `NAME=`, `"NAME": "`. */
export function isAssigned(context: string, name: string): boolean {
  const at = skipBack(context, skipBack(context, context.length, "\"'`\\", 6), " ", 2);
  const sign = context[at - 1];
  if (sign !== "=" && sign !== ":") return false;
  const end = skipBack(context, skipBack(context, at - 1, " ", 2), "\"'`\\", 6);
  const leaf = name.slice(name.lastIndexOf("/") + 1);
  return [name, leaf].some((wanted) => {
    const start = end - wanted.length;
    if (wanted === "" || start < 0 || !context.startsWith(wanted, start)) return false;
    return start === 0 || !/[A-Za-z0-9_]/.test(context[start - 1] as string);
  });
}

function skipBack(text: string, from: number, chars: string, most: number): number {
  let at = from;
  while (at > 0 && from - at < most && chars.includes(text[at - 1] as string)) at--;
  return at;
}

/** A context as a terminal would show it. */
export function withoutEscapes(context: string): string {
  if (!context.includes("\u001b")) return context;
  return Buffer.from(strip(Buffer.from(context, "latin1"), 0).bytes).toString("latin1");
}
