import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { change, containerId, engineErrors, hostErrors, hostId, problem, read, time } from "./base.ts";
import { detectedCounts } from "./detect.ts";
import { columnFault, windowLimit } from "./logColumns.ts";

export const logLevel = z.enum(["debug", "info", "warn", "error"]);
export type LogLevel = z.infer<typeof logLevel>;

/** Where lines come from. */
export const logSource = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("container"), hostId, containerId }),
  /** A file on a host, followed by name across rotations. */
  z.strictObject({
    kind: z.literal("file"),
    hostId,
    path: z
      .string()
      .max(4096)
      .regex(/^\/[^\u0000\n\r]+$/),
  }),
  /** The host's journal, or that of one unit. */
  z.strictObject({
    kind: z.literal("journal"),
    hostId,
    unit: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9@._:\\-]{0,255}$/)
      .optional(),
  }),
  /** What the container engine of a host tells of itself. */
  z.strictObject({ kind: z.literal("events"), hostId }),
  /** The console's own. */
  z.strictObject({ kind: z.literal("console") }),
  /** One that was kept on this machine. */
  z.strictObject({ kind: z.literal("kept"), id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
]);
export type LogSourceRef = z.infer<typeof logSource>;

export const logLine = z.object({
  /** Absolute: the first line ever read is 0; never reused. */
  index: z.number().int().nonnegative(),
  /** Its row among the rows that the filter leaves; equal to `index` without a filter. */
  row: z.number().int().nonnegative(),
  /** Place of its source in the head's `sources`. */
  source: z.number().int().nonnegative(),
  /** The source's time of the line; null when it gave none. */
  at: time.nullable(),
  /** `note` lines are the console's own: a gap, a reconnect. */
  stream: z.enum(["stdout", "stderr", "note"]),
  level: logLevel.nullable(),
  /** Masked, plain text: no control characters but the tab. */
  text: z.string(),
  /** Lines after it that belong to it (a traceback) and are folded away by the filter. */
  folded: z.number().int().nonnegative(),
  /** It belongs to the line above. */
  part: z.boolean(),
});
export type LogLine = z.infer<typeof logLine>;

/** Many lines, as `packLines` writes them; `unpackLines` reads them. */
export const logColumns = z
  .strictObject({
    kinds: z.string(),
    index: z.string(),
    row: z.string(),
    source: z.string(),
    at: z.string(),
    folded: z.string(),
    texts: z.array(z.string()).max(windowLimit),
  })
  .superRefine((columns, context) => {
    const fault = columnFault(columns);
    if (fault !== null) context.addIssue({ code: "custom", path: [fault.column], message: fault.reason });
  });

/** One field of a line that is JSON: `path` as `a.b.0.c`. */
export const fieldFilter = z.strictObject({
  path: z.string().min(1).max(200),
  op: z.enum(["is", "not", "has", "above", "below", "exists"]),
  value: z.string().max(200),
});
export type FieldFilter = z.infer<typeof fieldFilter>;

/** Which lines are rows. All conditions must hold. */
export const logFilter = z.strictObject({
  /** Part of the text, whatever its case. */
  text: z.string().max(200).optional(),
  /** RE2 syntax, run in linear time; `BAD_INPUT` {field: "regex", reason} for what that can't express. */
  regex: z.string().max(500).optional(),
  levels: z.array(logLevel).max(4).optional(),
  /** Places in the head's `sources`. */
  sources: z.array(z.number().int().min(0).max(31)).max(32).optional(),
  fields: z.array(fieldFilter).max(8).optional(),
  /** Lines of any source that speak of this request. */
  requestId: z.string().min(4).max(128).optional(),
  /** Lines that belong to the one above are folded into it. */
  fold: z.boolean().optional(),
});
export type LogFilter = z.infer<typeof logFilter>;

export const logState = z.enum(["connecting", "live", "reconnecting", "ended", "removed", "failed"]);
export type LogState = z.infer<typeof logState>;

/** One of the sources of a view. */
export const logSourceHead = z.object({
  ref: logSource,
  /** What a person calls it: a container's name, a path, a unit. Empty for the console's own. */
  name: z.string(),
  /** Empty where no host is. */
  hostName: z.string(),
  simulated: z.boolean(),
  state: logState,
  problem: problem.nullable(),
  /** Lines of it so far. */
  lines: z.number().int(),
});
export type LogSourceHead = z.infer<typeof logSourceHead>;

export const logMark = z.object({
  index: z.number().int().nonnegative(),
  at: time.nullable(),
  note: z.string(),
  /** The line's text, masked: it outlives the ring. */
  text: z.string(),
});
export type LogMark = z.infer<typeof logMark>;

/** Where a buffer stands; the view pulls what it shows. */
export const logHead = z.object({
  /** Oldest index still held. */
  first: z.number().int(),
  /** One past the newest. */
  next: z.number().int(),
  /** Lines that fell out, or were never taken because they came too fast. */
  skipped: z.number().int(),
  /** Worst of the sources. */
  state: logState,
  problem: problem.nullable(),
  sources: z.array(logSourceHead),
  /** Rows under the filter of this watch. They are numbered like lines: absolute, never reused. */
  rows: z.object({
    first: z.number().int(),
    next: z.number().int(),
    /** Lines before this index have been looked at. */
    searchedTo: z.number().int(),
  }),
  /** Lines by level, of those that are held. */
  levels: z.object({
    none: z.number().int(),
    debug: z.number().int(),
    info: z.number().int(),
    warn: z.number().int(),
    error: z.number().int(),
  }),
  /** Bytes held in memory and on disk; `pinned`: kept when the console ends. */
  held: z.object({ memory: z.number().int(), disk: z.number().int(), pinned: z.boolean() }),
  marks: z.array(logMark),
  /** How often each secret was masked. */
  masked: z.array(z.object({ name: z.string(), count: z.number().int() })),
  /** How often something that nobody registered was replaced, by kind. */
  detected: detectedCounts,
  /** Lines that the detectors did not look at, since there were too many at once. */
  unchecked: z.number().int(),
});
export type LogHead = z.infer<typeof logHead>;

export const logBucket = z.object({
  /** Its beginning. */
  at: time,
  lines: z.number().int(),
  warn: z.number().int(),
  error: z.number().int(),
  /** Rows under the filter; equal to `lines` without one. */
  rows: z.number().int(),
});
export type LogBucket = z.infer<typeof logBucket>;

/** One request of a model server, from its access log. */
export const accessRecord = z.object({
  requestId: z.string().nullable(),
  method: z.string().nullable(),
  path: z.string().nullable(),
  status: z.number().int().nullable(),
  durationMs: z.number().nullable(),
  client: z.string().nullable(),
});
export type AccessRecord = z.infer<typeof accessRecord>;

/** All that is known of one line. */
export const lineDetail = z.object({
  line: logLine,
  /** Leaves of a JSON line, at most 500; null for other lines. */
  fields: z
    .array(z.object({ path: z.string(), value: z.string(), kind: z.enum(["text", "number", "truth", "null"]) }))
    .nullable(),
  access: accessRecord.nullable(),
  /** Other lines of the same request, at most 200. */
  related: z.array(logLine),
  /** The lines folded under it, at most 2,000. */
  parts: z.array(logLine),
  /** Finds the line again in the same sources: for `logs.locate`. */
  digest: z.string(),
});
export type LineDetail = z.infer<typeof lineDetail>;

/** A part of a log on its way into a file. */
export const savePiece = z.discriminatedUnion("kind", [
  /** What comes next in the file, and how many rows of how many are in it then. */
  z.object({ kind: z.literal("rows"), text: z.string(), done: z.number().int(), total: z.number().int() }),
  z.object({
    kind: z.literal("end"),
    fileName: z.string(),
    /** Stands before all rows: the header of evidence, with its line feed; empty otherwise. */
    head: z.string(),
    lines: z.number().int(),
    /** Rows that fell out of the log while it was being saved. */
    left: z.number().int(),
  }),
]);
export type SavePiece = z.infer<typeof savePiece>;

/** One of the sources that a kept log was read from. */
export const keptSource = z.object({
  name: z.string(),
  /** Of a practice host; null: not known, or partly (another kept log was read in its place). */
  simulated: z.boolean().nullable(),
});
export type KeptSource = z.infer<typeof keptSource>;

const buffer = z.strictObject({ bufferId: z.string().max(64) });
const view = buffer.extend({ filter: logFilter.optional() });
const index = z.number().int().nonnegative();

export const logs = {
  /** One source, or several merged by time. `LIMIT_REACHED` beyond 32 of them, 64 read at once. */
  open: read
    .errors({ ...hostErrors, ...engineErrors })
    .input(
      z.strictObject({
        sources: z.array(logSource).min(1).max(32),
        /** Lines of the past of each. */
        tail: z.number().int().min(0).max(100_000).optional(),
      }),
    )
    .output(z.object({ bufferId: z.string() })),
  /** What can be opened on a host beside its containers. */
  offers: read
    .errors(hostErrors)
    .input(z.strictObject({ hostId }))
    .output(
      z.object({
        /** Units whose journal this user may read, running ones first; null with the reason where there is none. */
        units: z.array(z.object({ name: z.string(), running: z.boolean() })).nullable(),
        unitsProblem: problem.nullable(),
        /** Log files that this user may read. */
        files: z.array(z.object({ path: z.string(), bytes: z.number().int(), changed: time })),
      }),
    ),
  /** The head, at first and then at most twenty times a second, only when it moved. */
  watch: read.input(view).output(eventIterator(logHead)),
  /** Rows from row `from` on, or from the oldest that is held. */
  window: read
    .input(view.extend({ from: index, count: z.number().int().min(1).max(windowLimit) }))
    .output(z.object({ first: z.number().int(), next: z.number().int(), lines: logColumns })),
  /** The row at a line or a time; the nearest one when that is not among the rows. Null in an empty log. */
  locate: read
    .input(
      view.extend({
        target: z.discriminatedUnion("by", [
          z.strictObject({ by: z.literal("index"), index }),
          /** `digest` (from `logs.line`) tells lines of the same millisecond apart. */
          z.strictObject({ by: z.literal("time"), at: time, digest: z.string().max(64).optional() }),
          /** The next row after (or before) `row` that `find` fits. */
          z.strictObject({ by: z.literal("find"), row: index, find: logFilter, backwards: z.boolean() }),
        ]),
      }),
    )
    .output(z.object({ row: index, index, exact: z.boolean() }).nullable()),
  /** How many lines when; at most `buckets` of equal length over what is held, or over `from`–`to`. */
  density: read
    .input(view.extend({ from: time.optional(), to: time.optional(), buckets: z.number().int().min(1).max(400) }))
    .output(z.object({ from: time, to: time, stepMs: z.number(), buckets: z.array(logBucket) }).nullable()),
  /** All that is known of one line. `NOT_FOUND` once it fell out. */
  line: read.input(buffer.extend({ index })).output(lineDetail),
  /** A bookmark; at most 200 a log. Setting it again changes its note. */
  mark: read.input(buffer.extend({ index, note: z.string().max(200) })).output(z.object({})),
  unmark: read.input(buffer.extend({ index })).output(z.object({})),
  /**
   * Rows under the filter, masked, as a file in pieces. `evidence` is signed with the audit log's key and names its
   * sources, its filter and the newest audit row: `npm run evidence:verify FILE` checks it. Without its `end` it is none.
   * `LOG_ORIGIN_UNKNOWN` {name}: of a kept log, of which it is not known whether it is of a practice host.
   */
  save: change("log.save", "low")
    .input(view.extend({ format: z.enum(["text", "jsonl", "evidence"]), note: z.string().max(500).optional() }))
    .output(eventIterator(savePiece)),
  /** Keeps what is held, and what comes, on disk (masked) when the console ends. */
  pin: change("log.pin", "low")
    .input(buffer.extend({ pinned: z.boolean() }))
    .output(z.object({})),
  kept: read.output(
    z.object({
      logs: z.array(
        z.object({
          id: z.string(),
          /** In the places that its lines name. */
          sources: z.array(keptSource),
          from: time.nullable(),
          to: time.nullable(),
          lines: z.number().int(),
          bytes: z.number().int(),
        }),
      ),
    }),
  ),
  dropKept: change("log.drop", "low")
    .input(z.strictObject({ id: z.string().max(64) }))
    .output(z.object({})),
  close: read.input(buffer).output(z.object({})),
};
