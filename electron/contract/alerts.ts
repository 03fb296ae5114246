import { z } from "zod";
import { change, environmentName, hostId, problem, read, time } from "./base.ts";
import { logLevel, logSource } from "./logs.ts";

/** Which logs a rule reads: every running container that fits, whether or not anybody looks at its log. */
export const alertScope = z.strictObject({
  environment: environmentName.optional(),
  hostId: hostId.optional(),
  /** Name of the container; `*` stands for any characters. */
  container: z.string().max(128).optional(),
});

export const alertCondition = z.discriminatedUnion("kind", [
  /** `count` or more lines that fit, within `seconds`. */
  z.strictObject({
    kind: z.literal("pattern"),
    text: z.string().max(200).optional(),
    /** RE2 syntax. */
    regex: z.string().max(500).optional(),
    level: logLevel.optional(),
    count: z.number().int().min(1).max(100_000),
    seconds: z.number().int().min(1).max(86_400),
  }),
  /** More lines a second than this, over `seconds`. */
  z.strictObject({
    kind: z.literal("rate"),
    above: z.number().int().min(1).max(1_000_000),
    seconds: z.number().int().min(1).max(3_600),
  }),
  /** A running container that says nothing for `seconds`. */
  z.strictObject({ kind: z.literal("silence"), seconds: z.number().int().min(5).max(86_400) }),
]);
export type AlertCondition = z.infer<typeof alertCondition>;

export const alertRule = z.strictObject({
  id: z.string().max(64),
  name: z.string().trim().min(1).max(80),
  enabled: z.boolean(),
  severity: z.enum(["warn", "danger"]),
  scope: alertScope,
  condition: alertCondition,
  /** It shows in the list and calls nobody. */
  quiet: z.boolean().default(false),
});
export type AlertRule = z.infer<typeof alertRule>;

export const alert = z.object({
  id: z.string(),
  /** `secret`: a secret showed up in the log of a container that was not given it. */
  kind: z.enum(["pattern", "rate", "silence", "secret"]),
  severity: z.enum(["warn", "danger"]),
  /** Null for `secret`, which is always on. */
  rule: z.object({ id: z.string(), name: z.string() }).nullable(),
  source: logSource,
  sourceName: z.string(),
  hostName: z.string(),
  environment: z.string(),
  simulated: z.boolean(),
  /** `over`: it no longer holds by itself; `seen`: a person took note. */
  state: z.enum(["firing", "seen", "over"]),
  /** A person took note, whatever became of it since. */
  noted: z.boolean(),
  since: time,
  lastAt: time,
  /** Lines, or seconds of silence, or lines a second. */
  count: z.number(),
  /** A line that fits, masked. */
  sample: z.string().nullable(),
  /** The secret's name and environment, for an offer to rotate it. */
  secret: z.object({ name: z.string(), environment: z.string() }).nullable(),
  /** While it was open nobody watched; `to` is null as long as nobody does again. The last such time. */
  unwatched: z.object({ from: time, to: time.nullable() }).nullable(),
});
export type Alert = z.infer<typeof alert>;

/** No rule was watched: the console was closed (or had ended), or the computer slept (or its clock was moved). */
export const watchGap = z.object({ from: time, to: time, why: z.enum(["closed", "asleep"]) });
export type WatchGap = z.infer<typeof watchGap>;

export const alerts = {
  /** At most 500 alerts, newest first, those of earlier runs too. */
  list: read.output(
    z.object({
      alerts: z.array(alert),
      rules: z.array(alertRule.extend({ reading: z.number().int(), problem: problem.nullable() })),
      /** Alerts that fell out of the list. */
      dropped: z.number().int(),
      /** The newest ten, newest first. */
      gaps: z.array(watchGap),
      /** Why alerts are not kept on disk right now. */
      unkept: problem.nullable(),
    }),
  ),
  /** A new rule (`id` empty) or a changed one; at most 100. */
  saveRule: change("alert.rule.save", "low")
    .input(alertRule)
    .output(z.object({ id: z.string() })),
  removeRule: change("alert.rule.remove", "low")
    .input(z.strictObject({ id: z.string().max(64) }))
    .output(z.object({})),
  /** Takes note of one alert, or of all; also of those that are over. */
  acknowledge: change("alert.acknowledge", "low")
    .input(z.strictObject({ id: z.string().max(64).optional() }))
    .output(z.object({ count: z.number().int() })),
};
