/** What main and the core's process say to each other. Both sides check what they get. */
import { z } from "zod";

const id = z.number().int().nonnegative();
const bytes = z.instanceof(Uint8Array);

/** From main to the core. */
export const mainMessage = z.discriminatedUnion("type", [
  /** First, once. Folders are absolute; `data` exists. */
  z.strictObject({ type: z.literal("start"), data: z.string(), home: z.string(), practice: z.boolean() }),
  /** A window; its port comes along. */
  z.strictObject({ type: z.literal("client"), userAgent: z.string() }),
  /** The machine woke up: connections are to be looked at now. */
  z.strictObject({ type: z.literal("wake") }),
  z.strictObject({ type: z.literal("stop") }),
  z.strictObject({ type: z.literal("forked"), id, pid: z.number().int() }),
  z.strictObject({ type: z.literal("output"), id, stream: z.enum(["stdout", "stderr"]), chunk: bytes }),
  /** After the last output of a stream. */
  z.strictObject({ type: z.literal("ended"), id, stream: z.enum(["stdout", "stderr"]) }),
  /** The process is gone; output may still be under way. */
  z.strictObject({ type: z.literal("exited"), id, code: z.number().int().nullable() }),
]);
export type MainMessage = z.infer<typeof mainMessage>;
export type StartMessage = Extract<MainMessage, { type: "start" }>;

/** From the core to main. */
export const coreMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  /** The core cannot start, in one sentence; it ends itself. */
  z.strictObject({ type: z.literal("failed"), reason: z.string() }),
  z.strictObject({ type: z.literal("notify"), title: z.string().max(200), body: z.string().max(1000) }),
  /** On the program's icon; 0 takes it away. */
  z.strictObject({ type: z.literal("badge"), count: z.number().int().min(0).max(9_999) }),
  z.strictObject({ type: z.literal("open"), url: z.string().max(2000) }),
  /** A window of its own for a notebook; the address is good once. */
  z.strictObject({
    type: z.literal("notebook"),
    id: z.string().max(64),
    title: z.string().max(200),
    url: z.string().max(2000),
  }),
  z.strictObject({ type: z.literal("notebook-close"), id: z.string().max(64) }),
  z.strictObject({
    type: z.literal("fork"),
    id,
    module: z.string(),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()),
  }),
  z.strictObject({ type: z.literal("fork-stop"), id }),
  /** So many bytes of output were taken; main sends on. */
  z.strictObject({
    type: z.literal("taken"),
    id,
    stream: z.enum(["stdout", "stderr"]),
    bytes: z.number().int().positive(),
  }),
]);
export type CoreMessage = z.infer<typeof coreMessage>;
