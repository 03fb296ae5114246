import type { LogFilter, LogLevel } from "../../../contract/logs.ts";
import { conditionsOf } from "./conditions.ts";
import type { CompiledFilter, FilterOptions } from "./types.ts";

/** `BAD_INPUT` {field: "regex", reason} for an expression that can't be run in linear time. */
export function compileFilter(filter: LogFilter, options: FilterOptions = {}): CompiledFilter {
  const { fold = false } = filter;
  return { key: keyOf(filter), fold, conditions: conditionsOf(filter, options), levels: levelsOf(fold, [filter]) };
}

/** Rows of `filter` that `find` fits as well; lines are folded as `filter` has it. */
export function bothFilters(filter: LogFilter, find: LogFilter, options: FilterOptions = {}): CompiledFilter {
  const { fold = false } = filter;
  return {
    key: `${keyOf(filter)} ${keyOf(find)}`,
    fold,
    conditions: [...conditionsOf(filter, options), ...conditionsOf(find, options)],
    levels: levelsOf(fold, [filter, find]),
  };
}

/** A line has one level: it must be among those of each that asks for some. */
function levelsOf(fold: boolean, filters: readonly LogFilter[]): readonly LogLevel[] | null {
  const asked = filters.flatMap(({ levels = [] }) => (levels.length > 0 ? [levels] : []));
  const [first, ...others] = asked;
  if (fold || first === undefined) return null;
  return first.filter((level) => others.every((levels) => levels.includes(level)));
}

/** The same for the same filter, whatever the order of its parts. */
export function keyOf(filter: LogFilter): string {
  const { text = "", regex = "", levels = [], sources = [], fields = [], requestId = "", fold = false } = filter;
  const asked = fields.map(({ path, op, value }) => [path, op, value]);
  return JSON.stringify([text, regex, [...levels].sort(), [...sources].sort(), asked, requestId, fold]);
}
