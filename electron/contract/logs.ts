import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { change, containerId, engineErrors, hostErrors, hostId, problem, read, time } from "./base.ts";
import { detectedCounts } from "./detect.ts";

export const logLevel = z.enum(["debug", "info", "warn", "error"]);
export type LogLevel = z.infer<typeof logLevel>;

export const logLine = z.object({
  /** Absolute: the first line ever read is 0; never reused. */
  index: z.number().int().nonnegative(),
  /** The engine's time of the line; null when it gave none. */
  at: time.nullable(),
  /** `note` lines are the console's own: a gap, a reconnect. */
  stream: z.enum(["stdout", "stderr", "note"]),
  level: logLevel.nullable(),
  /** Masked, plain text: no control characters but the tab. */
  text: z.string(),
});
export type LogLine = z.infer<typeof logLine>;

/** Where a buffer stands; the view pulls what it shows. */
export const logHead = z.object({
  /** Oldest index still held. */
  first: z.number().int(),
  /** One past the newest. */
  next: z.number().int(),
  /** Lines that fell out of the ring, or were never taken because they came too fast. */
  skipped: z.number().int(),
  state: z.enum(["connecting", "live", "reconnecting", "ended", "removed", "failed"]),
  problem: problem.nullable(),
  /** How often each secret was masked. */
  masked: z.array(z.object({ name: z.string(), count: z.number().int() })),
  /** How often something that nobody registered was replaced, by kind. */
  detected: detectedCounts.optional(),
  /** Lines that the detectors did not look at, since there were too many at once. */
  unchecked: z.number().int().optional(),
});
export type LogHead = z.infer<typeof logHead>;

const buffer = z.strictObject({ bufferId: z.string() });
const filter = { text: z.string().max(200).optional(), levels: z.array(logLevel).max(4).optional() };

export const logs = {
  open: read
    .errors({ ...hostErrors, ...engineErrors })
    .input(z.strictObject({ hostId, containerId, tail: z.number().int().min(0).max(100_000).optional() }))
    .output(z.object({ bufferId: z.string() })),
  /** The head, at first and then at most twenty times a second, only when it moved. */
  watch: read.input(buffer).output(eventIterator(logHead)),
  window: read
    .input(buffer.extend({ from: z.number().int().nonnegative(), count: z.number().int().min(1).max(2000) }))
    .output(z.object({ first: z.number().int(), next: z.number().int(), lines: z.array(logLine) })),
  /** Indices of matching lines at or after `from`, oldest first. */
  search: read
    .input(
      buffer.extend({ ...filter, from: z.number().int().nonnegative(), limit: z.number().int().min(1).max(10_000) }),
    )
    .output(z.object({ indices: z.array(z.number().int()), searchedTo: z.number().int(), total: z.number().int() })),
  /** All that the ring holds, masked, as text. */
  save: change("log.save", "low")
    .input(buffer)
    .output(z.object({ fileName: z.string(), text: z.string() })),
  close: read.input(buffer).output(z.object({})),
};
