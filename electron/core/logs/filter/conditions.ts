import type { FieldFilter, LogFilter } from "../../../contract/logs.ts";
import { type Block, kinds, levelBit } from "../buffer/index.ts";
import { fieldFits, fieldMust, numberOf } from "./fields.ts";
import { compileExpression } from "./regex.ts";
import type { Condition, FilterOptions, KindCondition, TextCondition } from "./types.ts";

/** The conditions of a filter, cheapest first. `BAD_INPUT` {field: "regex", reason}. */
export function conditionsOf(filter: LogFilter, { speaksOf }: FilterOptions): Condition[] {
  const { text = "", levels = [], sources = [], requestId = "", regex = "", fields = [] } = filter;
  const conditions: Condition[] = [];
  if (levels.length > 0) {
    const bits = levels.reduce((sum, level) => sum | levelBit(level), 0);
    conditions.push({ by: "kind", fits: (kind) => ((bits >>> kinds.level(kind)) & 1) === 1 });
  }
  if (sources.length > 0) {
    const places = new Set(sources);
    conditions.push({ by: "kind", fits: (kind) => places.has(kinds.source(kind)) });
  }
  if (text !== "") conditions.push(textCondition(text));
  if (requestId !== "") conditions.push(requestCondition(requestId, speaksOf ?? (() => true)));
  if (regex !== "") conditions.push({ by: "text", bytes: false, ...compileExpression(regex) });
  for (const field of fields) conditions.push(fieldCondition(field));
  return conditions;
}

function textCondition(text: string): TextCondition {
  const lower = text.toLowerCase();
  return {
    by: "text",
    must: literal(lower, "gi"),
    bytes: false,
    exact: true,
    test: (line) => line.toLowerCase().includes(lower),
  };
}

function requestCondition(id: string, speaksOf: NonNullable<FilterOptions["speaksOf"]>): TextCondition {
  const test = (line: string) => line.includes(id) && speaksOf(line, id);
  return { by: "text", must: literal(id, "g"), bytes: isAscii(id), exact: false, test };
}

function fieldCondition(field: FieldFilter): TextCondition {
  const condition = { by: "text" as const, must: fieldMust(field), bytes: true, exact: false };
  const test = (line: string) => fieldFits(line, field);
  const limit = numberOf(field.value);
  if (limit === null || (field.op !== "above" && field.op !== "below")) return { ...condition, test };
  const wanted = field.op === "above" ? (value: number) => value > limit : (value: number) => value < limit;
  return { ...condition, test, plausible: (text, end) => plausibleNumber(text, end, wanted) };
}

const MAX_DIGITS = 400;
const number = /[\d.eE+-]{1,401}/y;

/** `end` is behind the number's first character; or behind something else, of which nothing is known. */
function plausibleNumber(text: string, end: number, wanted: (value: number) => boolean): boolean {
  const before = text[end - 2];
  if (before !== ":" && before !== " " && before !== "\t") return true;
  number.lastIndex = end - 1;
  const found = number.exec(text)?.[0];
  return found === undefined || found.length > MAX_DIGITS || wanted(Number(found));
}

/** What is not ASCII stands in no line of ASCII. */
function literal(text: string, flags: string): RegExp {
  if (!isAscii(text)) return new RegExp("[]", flags);
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"), flags);
}

function isAscii(text: string): boolean {
  return /^[\u0001-\u0009\u000b-\u007f]*$/.test(text);
}

/** Below this share of lines that are still in question, each is asked by itself. */
const FEW = 8;

/**
 * Bit `i` of `marks[at - from]` says whether line `at` of the block fits condition `i`. Without `each`, a line that misses
 * one is not asked for the others.
 */
export function judge(block: Block, from: number, to: number, conditions: readonly Condition[], each: boolean) {
  const marks = new Uint32Array(to - from);
  let text: string | null = null;
  // ASCII as it is; of other lines one byte stands for one character, so that places are the same.
  const textOf = () => (text ??= block.bytes.toString("latin1", block.starts[from], block.starts[to]));
  conditions.forEach((condition, i) => {
    const before = (1 << i) - 1;
    if (condition.by === "kind") byKind(block, from, to, condition, marks, 1 << i);
    else if (each || i === 0) scan(block, from, to, condition, marks, 1 << i, textOf);
    else {
      const open = marks.reduce((count, mark) => (mark === before ? count + 1 : count), 0);
      if (open * FEW > to - from) scan(block, from, to, condition, marks, 1 << i, textOf);
      else if (open > 0) askEach(block, from, condition, marks, before, 1 << i);
    }
  });
  return marks;
}

function byKind(block: Block, from: number, to: number, condition: KindCondition, marks: Uint32Array, bit: number) {
  for (let at = from; at < to; at++) {
    if (condition.fits(block.kinds[at] as number)) marks[at - from] = (marks[at - from] as number) | bit;
  }
}

function askEach(block: Block, from: number, condition: TextCondition, marks: Uint32Array, open: number, bit: number) {
  for (let at = 0; at < marks.length; at++) {
    if (marks[at] === open && condition.test(block.text(from + at))) marks[at] = open | bit;
  }
}

function scan(
  block: Block,
  from: number,
  to: number,
  condition: TextCondition,
  marks: Uint32Array,
  bit: number,
  textOf: () => string,
): void {
  const { must, bytes, exact, plausible } = condition;
  const mark = (at: number): void => {
    marks[at - from] = (marks[at - from] as number) | bit;
  };
  const apart = (at: number): boolean => !bytes && kinds.wide(block.kinds[at] as number);
  if (must === null || (!bytes && block.wide > 0)) {
    for (let at = from; at < to; at++) if ((must === null || apart(at)) && condition.test(block.text(at))) mark(at);
  }
  if (must === null) return;
  const { starts } = block;
  const text = textOf();
  const base = starts[from] as number;
  must.lastIndex = 0;
  for (let at = from; must.test(text); ) {
    const end = must.lastIndex;
    // A find ends in the line where it began.
    while (at < to && (starts[at + 1] as number) - base <= end) at++;
    if (at >= to) return;
    if (plausible !== undefined && !plausible(text, end)) continue;
    if (!apart(at) && (exact || condition.test(block.text(at)))) mark(at);
    must.lastIndex = (starts[at + 1] as number) - base;
  }
}
