import { randomBytes } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import {
  createLogStore,
  type Held,
  type LogBuffer,
  type NewLine,
} from "../../../../../electron/core/logs/buffer/index.ts";
import { fakeClock, tempFolder } from "../../../../helpers/ports.ts";

export const newLine = (text: string, more: Partial<NewLine> = {}): NewLine => ({
  at: null,
  stream: "stdout",
  level: null,
  text,
  source: 0,
  part: false,
  ...more,
});

/** Lines as anybody may write them: all scripts, any time, all levels. */
export const anyLine: fc.Arbitrary<NewLine> = fc.record({
  at: fc.option(fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((at) => at + 0)),
  stream: fc.constantFrom("stdout", "stderr", "note"),
  level: fc.constantFrom(null, "debug", "info", "warn", "error"),
  text: fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => text.replace(/[\r\n\u2028\u2029]/g, "\t")),
  source: fc.nat(31),
  part: fc.boolean(),
});

let count = 0;

/** A store in a folder of its own, removed by `cleanup`. */
export function storeIn(maxBytes = 64 * 1024 * 1024, base = tempFolder("gatehouse-logs-")) {
  const folder = join(base.path, "logs");
  const random = { bytes: (n: number) => randomBytes(n), id: () => `log-${++count}` };
  const make = () => createLogStore({ folder, maxBytes, random, clock: fakeClock() });
  return { folder, make, store: make(), cleanup: base.cleanup };
}

export async function allOf(buffer: LogBuffer): Promise<Held[]> {
  const lines: Held[] = [];
  for (let from = buffer.first; from < buffer.next; ) {
    const some = await buffer.lines(from, 5_000);
    if (some.length === 0) throw new Error(`nothing at ${from}`);
    lines.push(...some);
    from = (some.at(-1) as Held).index + 1;
  }
  return lines;
}
