/** What a check has to say besides damage: a kind with values for the screen, a sentence for the terminal. */
import type { AuditReport } from "../../contract/audit.ts";

export type Remark = AuditReport["unchecked"][number];

export const remarks = {
  vouched: (from: number, to: number): Remark => ({
    kind: "vouched",
    details: { from, to, by: to + 1 },
    text: `Rows ${from} to ${to} were written while no key could be had; row ${to + 1} vouches for them.`,
  }),
  recovered: (seq: number, file: string, bytes: string, aside: string): Remark => ({
    kind: "recovered",
    details: { seq, file, bytes, aside },
    text: `Row ${seq}: a crash tore ${file}; ${bytes} bytes lie in ${aside}.`,
  }),
  skipped: (seq: number, rows: string): Remark => ({
    kind: "skipped",
    details: { seq, rows },
    text: `Row ${seq}: ${rows} rows of low severity were not kept, because the log could not be written.`,
  }),
  otherFiles: (seq: number): Remark => ({
    kind: "other-files",
    details: { seq },
    text: `The rows before row ${seq} are in other files, which were not looked at.`,
  }),
  noHead: (): Remark => ({
    kind: "no-head",
    details: {},
    text: "The head kept apart from the log was not at hand: rows cut off since the last checkpoint would not show.",
  }),
  noKey: (rows: number): Remark => ({
    kind: "no-key",
    details: { rows },
    text: `The authentication codes of ${rows} rows: the key was not at hand.`,
  }),
  noCheckpoints: (): Remark => ({
    kind: "no-checkpoints",
    details: {},
    text: "There are no checkpoints: rows cut off at the end would not show by them.",
  }),
  ownKey: (key: string): Remark => ({
    kind: "own-key",
    details: { key },
    text: `The checkpoints' key ${key} was taken from their own file: compare it with the console's.`,
  }),
  more: (count: number): Remark => ({
    kind: "more",
    details: { count },
    text: `${count} more findings are not listed`,
  }),
};
