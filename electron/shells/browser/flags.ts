import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface Flags {
  practice: boolean;
  /** 0: the system chooses. */
  port: number;
  /** Show the page in a browser, where there is one. */
  show: boolean;
  /** Absolute; null for the platform's place. */
  data: string | null;
}

/** Reads the command line; throws an `Error` with one plain sentence. */
export function parseFlags(argv: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...argv],
    strict: true,
    allowPositionals: false,
    options: {
      practice: { type: "boolean", default: false },
      port: { type: "string", default: "0" },
      "no-open": { type: "boolean", default: false },
      data: { type: "string" },
    },
  });
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) throw new Error("--port takes a number from 0 to 65535.");
  return {
    practice: values.practice,
    port,
    show: !values["no-open"],
    data: values.data === undefined ? null : resolve(values.data),
  };
}
