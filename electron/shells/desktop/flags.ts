import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface DesktopFlags {
  practice: boolean;
  /** Absolute; null for the platform's place. */
  data: string | null;
}

/** Our flags out of a command line that may also hold Chromium's, which are left alone. */
export function desktopFlags(argv: readonly string[]): DesktopFlags {
  const { values } = parseArgs({
    args: [...argv],
    strict: false,
    options: { practice: { type: "boolean" }, data: { type: "string" } },
  });
  return { practice: values.practice === true, data: typeof values.data === "string" ? resolve(values.data) : null };
}
