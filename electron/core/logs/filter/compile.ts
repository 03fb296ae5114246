import { RE2JS } from "re2js";
import type { FieldFilter, LogFilter } from "../../../contract/logs.ts";
import { Failure, reasonOf } from "../../failure.ts";
import type { Held } from "../buffer/index.ts";
import type { CompiledFilter, FilterOptions } from "./types.ts";

/** `BAD_INPUT` {field: "regex", reason} for an expression that can't be run in linear time. */
export function compileFilter(filter: LogFilter, options: FilterOptions = {}): CompiledFilter {
  const tests: ((line: Held) => boolean)[] = [];
  const text = (filter.text ?? "").toLowerCase();
  if (text !== "") tests.push((line) => line.text.toLowerCase().includes(text));
  if (filter.regex !== undefined && filter.regex !== "") {
    const regex = compileRegex(filter.regex);
    tests.push((line) => regex.test(line.text));
  }
  const { levels = [], sources = [], fields = [], requestId } = filter;
  if (levels.length > 0) tests.push((line) => line.level !== null && levels.includes(line.level));
  if (sources.length > 0) tests.push((line) => sources.includes(line.source));
  for (const field of fields) tests.push((line) => fieldFits(line.text, field));
  if (requestId !== undefined) {
    const speaksOf = options.speaksOf ?? (() => true);
    tests.push((line) => line.text.includes(requestId) && speaksOf(line.text, requestId));
  }
  return {
    key: JSON.stringify([text, filter.regex, [...levels].sort(), [...sources].sort(), fields, requestId, filter.fold]),
    all: tests.length === 0 && filter.fold !== true,
    fits: (line) => tests.every((test) => test(line)),
  };
}

function compileRegex(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new Failure("BAD_INPUT", { field: "regex", reason: reasonOf(error) });
  }
}

function fieldFits(text: string, { path, op, value }: FieldFilter): boolean {
  const leaf = leafOf(text, path.split("."));
  if (leaf === undefined) return op === "not";
  const shown = typeof leaf === "string" ? leaf : JSON.stringify(leaf);
  if (op === "exists") return true;
  if (op === "is") return shown === value;
  if (op === "not") return shown !== value;
  if (op === "has") return shown.toLowerCase().includes(value.toLowerCase());
  const number = Number(shown);
  return op === "above" ? number > Number(value) : number < Number(value);
}

function leafOf(text: string, path: string[]): unknown {
  try {
    let node: unknown = JSON.parse(text);
    for (const key of path) node = (node as Record<string, unknown> | undefined)?.[key];
    return node;
  } catch {
    return undefined;
  }
}
