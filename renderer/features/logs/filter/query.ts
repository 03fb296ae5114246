import type { FieldFilter, LogFilter, LogLevel } from "../../../../electron/contract/index.ts";

/** What a person has set, as they see it; `find` marks what fits and hides nothing. */
export type Query = {
  text: string;
  regex: boolean;
  mode: "filter" | "find";
  levels: readonly LogLevel[];
  /** Places of the sources that are shown; empty means all. */
  sources: readonly number[];
  fields: readonly FieldFilter[];
  requestId: string | null;
  fold: boolean;
};

export const emptyQuery: Query = {
  text: "",
  regex: false,
  mode: "filter",
  levels: [],
  sources: [],
  fields: [],
  requestId: null,
  fold: true,
};

/** The words of the box as a condition of the contract; null when there are none. */
export function wordsOf(query: Pick<Query, "text" | "regex">): Pick<LogFilter, "text" | "regex"> | null {
  const text = query.regex ? query.text : query.text.trim();
  if (text === "") return null;
  return query.regex ? { regex: text.slice(0, 500) } : { text: text.slice(0, 200) };
}

/** What the core filters by; undefined for all lines. */
export function filterOf(query: Query): LogFilter | undefined {
  const filter: LogFilter = {
    ...(query.mode === "filter" ? wordsOf(query) : null),
    ...(query.levels.length > 0 ? { levels: [...query.levels] } : null),
    ...(query.sources.length > 0 ? { sources: [...query.sources] } : null),
    ...(query.fields.length > 0 ? { fields: [...query.fields] } : null),
    ...(query.requestId === null ? null : { requestId: query.requestId }),
    ...(query.fold ? { fold: true } : null),
  };
  return Object.keys(filter).length > 0 ? filter : undefined;
}

/** The filter with what is being found added: its rows are the hits. */
export function hitsOf(query: Query): LogFilter | undefined {
  return filterOf({ ...query, mode: "filter" });
}

/** True when lines are hidden; folding alone hides none that is not told of in its place. */
export function isNarrowed(query: Query): boolean {
  return filterOf({ ...query, fold: false }) !== undefined;
}

/** All lines again; how tracebacks are shown stays. */
export function cleared(query: Query): Query {
  return { ...emptyQuery, fold: query.fold, regex: query.regex, mode: query.mode };
}

/** One more, or one less. */
export function toggled<T>(list: readonly T[], item: T): readonly T[] {
  return list.includes(item) ? list.filter((one) => one !== item) : [...list, item];
}

/** A field's condition in the place of the one that says something of the same field in the same way. */
export function withField(query: Query, field: FieldFilter): Query {
  const others = query.fields.filter((one) => one.path !== field.path || one.op !== field.op);
  return { ...query, fields: [...others, field].slice(-8) };
}
