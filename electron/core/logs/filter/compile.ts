import type { LogFilter } from "../../../contract/logs.ts";
import { conditionsOf } from "./conditions.ts";
import type { CompiledFilter, FilterOptions } from "./types.ts";

/** `BAD_INPUT` {field: "regex", reason} for an expression that can't be run in linear time. */
export function compileFilter(filter: LogFilter, options: FilterOptions = {}): CompiledFilter {
  return { key: keyOf(filter), fold: filter.fold === true, conditions: conditionsOf(filter, options) };
}

/** Rows of `filter` that `find` fits as well; lines are folded as `filter` has it. */
export function bothFilters(filter: LogFilter, find: LogFilter, options: FilterOptions = {}): CompiledFilter {
  return {
    key: `${keyOf(filter)} ${keyOf(find)}`,
    fold: filter.fold === true,
    conditions: [...conditionsOf(filter, options), ...conditionsOf(find, options)],
  };
}

/** The same for the same filter, whatever the order of its parts. */
export function keyOf(filter: LogFilter): string {
  const { text = "", regex = "", levels = [], sources = [], fields = [], requestId = "", fold = false } = filter;
  const asked = fields.map(({ path, op, value }) => [path, op, value]);
  return JSON.stringify([text, regex, [...levels].sort(), [...sources].sort(), asked, requestId, fold]);
}
