import type { LogFilter } from "../../../contract/logs.ts";
import { compileFilter } from "./compile.ts";

/** A filter's text and expression as a test of one line, for those who see each line once. `BAD_INPUT` as for any filter. */
export function lineTest(filter: Pick<LogFilter, "text" | "regex">): (text: string) => boolean {
  const tests = compileFilter(filter).conditions.flatMap((condition) =>
    condition.by === "text" ? [condition.test] : [],
  );
  return (text) => tests.every((test) => test(text));
}
