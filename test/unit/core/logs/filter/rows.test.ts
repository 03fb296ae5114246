import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import type { LogFilter, LogLine } from "../../../../../electron/contract/logs.ts";
import {
  createLogBuffer,
  type Held,
  type LogBuffer,
  type NewLine,
} from "../../../../../electron/core/logs/buffer/index.ts";
import { fieldFits } from "../../../../../electron/core/logs/filter/fields.ts";
import { createRows, lineDigest, type Rows } from "../../../../../electron/core/logs/filter/index.ts";
import { storeIn } from "../buffer/setup.ts";

/** Now fast, now so slow that steps are cut short and others get their turn in between. */
let ticks = 0;
const clock = { mono: () => (ticks += (ticks * 7 + 1.3) % 5) };
const whole = (text: string, id: string) => text.split(/[ "]/).includes(id);
const rowsOf = (buffer: LogBuffer): Rows => createRows(buffer, { clock, speaksOf: whole });

/** What each condition says, without any index, prefilter or block. */
function conditions(filter: LogFilter): ((line: Held) => boolean)[] {
  const { text = "", regex = "", levels = [], sources = [], fields = [], requestId = "" } = filter;
  const all: ((line: Held) => boolean)[] = [];
  if (text !== "") all.push((line) => line.text.toLowerCase().includes(text.toLowerCase()));
  if (regex !== "") {
    const program = RE2JS.compile(regex);
    all.push((line) => program.matcher(line.text).find());
  }
  if (levels.length > 0) all.push((line) => line.level !== null && levels.includes(line.level));
  if (sources.length > 0) all.push((line) => sources.includes(line.source));
  for (const field of fields) all.push((line) => fieldFits(line.text, field));
  if (requestId !== "") all.push((line) => whole(line.text, requestId));
  return all;
}

function groupsOf(lines: readonly Held[], fold: boolean): Held[][] {
  const groups: Held[][] = [];
  for (const line of lines) {
    const group = groups.at(-1);
    const above = group?.[0];
    if (fold && line.part && above?.source === line.source && above.stream === line.stream) group?.push(line);
    else groups.push([line]);
  }
  return groups;
}

/** All rows there ever were, by their numbers. */
function naive(lines: readonly Held[], filter: LogFilter): LogLine[] {
  const asked = conditions(filter);
  if (asked.length === 0 && filter.fold !== true) return lines.map((line) => ({ ...line, row: line.index, folded: 0 }));
  return groupsOf(lines, filter.fold === true)
    .filter((group) => asked.every((fits) => group.some(fits)))
    .map(([head, ...parts], row) => ({ ...(head as Held), row, folded: parts.length }));
}

const words = [
  "error",
  "ERROR",
  "queue=17",
  "POST /v1",
  "200",
  "req-12",
  "K",
  "\u212a",
  "ошибка",
  "ОШИБКА",
  "İ",
  "ſ",
  "GiB",
  "a b",
  "x",
  ".*",
  "7ms",
  "日本",
];
const json = [
  '{"status":500,"http":{"path":"/v1/x"}}',
  '{"status":5e2,"level":"error"}',
  '{"\\u0073tatus" : "500","ms":12.5}',
  '{"status": "a\\u0062c"}',
  '{"log.level":"warn","list":[{"id":7},{"id":-3}]}',
  'gateway: {"status":404,"ms":-1}',
  '{"status":null,"ok":true} ',
  '{"status":500,"status":200}',
  '{"st\\/atus":"a b"}',
  '{"broken":',
];
const text = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.constantFrom(...words), { maxLength: 5 }).map((some) => some.join(" ")) },
  { weight: 2, arbitrary: fc.constantFrom(...json) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "binary-ascii", maxLength: 30 }).map((some) => some.replace(/[\r\n]/g, " ")),
  },
);
const line: fc.Arbitrary<NewLine> = fc.record({
  at: fc.option(fc.integer({ min: 0, max: 2_000 })),
  stream: fc.constantFrom("stdout", "stderr"),
  level: fc.constantFrom(null, "info", "warn", "error"),
  text,
  source: fc.nat(2),
  part: fc.boolean(),
});
const field = fc.record({
  path: fc.constantFrom(
    "status",
    "http.path",
    "log.level",
    "list.0.id",
    "list.1.id",
    "ms",
    "ok",
    "st/atus",
    "http",
    "none",
    "0",
    "a.b",
  ),
  op: fc.constantFrom("is", "not", "has", "above", "below", "exists"),
  value: fc.constantFrom("500", "abc", "a b", "warn", "0", "-2", "v1", "true", "null", "", "12.5"),
});
const regex = fc.constantFrom(
  "error",
  "(?i)error|k",
  "q\\w+=\\d{2}",
  "^POST|ms$",
  "\\b\\d{3}\\b",
  "(a+)+$",
  "(\\d+\\w?)+s",
  "[^a-z ]{3,}",
  "(?:x|a b)*200",
  "[\\p{Cyrillic}]+",
  "о.ибка",
  ".",
  "",
  "e(rr|xx)or .*200",
  '"status" ?: ?\\d',
  "^$",
  "\\S+ \\S+ \\S+",
  "(?s).b",
  "[[:digit:]]ms",
  "K",
);
const filter: fc.Arbitrary<LogFilter> = fc
  .record(
    {
      text: fc.constantFrom(...words, "rror", "", "st", " "),
      regex,
      levels: fc.subarray(["info", "warn", "error"] as const),
      sources: fc.subarray([0, 1, 2]),
      fields: fc.array(field, { maxLength: 2 }),
      requestId: fc.constantFrom("req-12", "req-1", "ошибка"),
      fold: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .filter(
    ({ text, regex, fields, requestId }) =>
      [text, regex, fields, requestId].filter((one) => one !== undefined).length < 3,
  );

type Step = { lines: NewLine[]; ask: LogFilter };
const steps = fc.array(fc.record({ lines: fc.array(line, { maxLength: 20 }), ask: filter }), { maxLength: 14 });

/** Every row that is held, as the log room would ask for them. */
async function held(rows: Rows, asked: LogFilter): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let from = 0; ; from = (lines.at(-1)?.row ?? 0) + 1) {
    const window = await rows.window(asked, from, 7);
    lines.push(...window.lines);
    if (window.lines.length === 0 || from + 1 >= window.next) return lines;
  }
}

async function compare(buffer: LogBuffer, script: Step[], pause: () => Promise<unknown>): Promise<void> {
  const rows = rowsOf(buffer);
  const asked: LogFilter = script[0]?.ask ?? {};
  const all: Held[] = [];
  for (const step of script) {
    for (const given of step.lines) {
      all.push({ ...given, index: buffer.next });
      buffer.append(given);
    }
    await rows.advance(asked);
    await pause();
    const expected = naive(all, asked);
    const there = expected.filter(({ index }) => index >= buffer.first);
    const head = rows.head(asked);
    expect(head).toEqual({
      first: there[0]?.row ?? expected.length,
      next: expected.length,
      searchedTo: buffer.next,
    });
    expect(await held(rows, asked)).toEqual(there);
    // Another filter, seen for the first time, knows what is held.
    const fresh = rowsOf(buffer);
    const now = naive(all.slice(buffer.first), step.ask);
    expect(await held(fresh, step.ask)).toEqual(now);
    await checkLocate(fresh, step, now);
  }
}

async function checkLocate(rows: Rows, { ask }: Step, now: readonly LogLine[]): Promise<void> {
  const target = now[Math.floor(now.length / 2)];
  if (target === undefined) return;
  const { index, row, at } = target;
  expect(await rows.locate(ask, { by: "index", index })).toEqual({ index, row, exact: true });
  const find: LogFilter = { levels: ["error"] };
  const fits = naive(now, {}).length > 0 ? now.filter((one) => one.level === "error") : [];
  if (ask.fold !== true) {
    const next = fits.find((one) => one.row > row);
    const before = fits.findLast((one) => one.row < row);
    const found = (one: LogLine | undefined) =>
      one === undefined ? null : { row: one.row, index: one.index, exact: true };
    expect(await rows.locate(ask, { by: "find", row, find, backwards: false })).toEqual(found(next));
    expect(await rows.locate(ask, { by: "find", row, find, backwards: true })).toEqual(found(before));
  }
  if (at === null) return;
  const same = now.find((one) => one.at === at && one.text === target.text && one.stream === target.stream);
  expect(await rows.locate(ask, { by: "time", at, digest: lineDigest(target) })).toEqual({
    row: same?.row,
    index: same?.index,
    exact: true,
  });
  const distance = (one: LogLine) => (one.at === null ? Number.POSITIVE_INFINITY : Math.abs(one.at - (at + 3)));
  const nearest = now.reduce((best, one) => (distance(one) < distance(best) ? one : best));
  expect(await rows.locate(ask, { by: "time", at: at + 3 })).toMatchObject({ row: nearest.row, index: nearest.index });
}

describe("rows under a filter", () => {
  it("are those that a look at every line would find, while lines come and fall out", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const buffer = createLogBuffer({ maxLines: 40, maxBytes: 1e9 });
        await compare(buffer, script, async () => {});
      }),
      { numRuns: 250 },
    );
  });

  it("also when most of them are on disk", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { store, cleanup } = storeIn();
        const buffer = createLogBuffer({ maxLines: 24, maxBytes: 1e9, store });
        try {
          await compare(buffer, script, async () => {
            for (let turn = 0; turn < 3; turn++) await setImmediate();
          });
        } finally {
          await buffer.dispose();
          await store.dispose();
          cleanup();
        }
      }),
      { numRuns: 60 },
    );
  });
});
