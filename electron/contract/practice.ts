import { z } from "zod";
import { change, hostErrors, hostId, read } from "./base.ts";

export const practiceFault = z.enum([
  "link-drop",
  "link-slow",
  "host-key-changed",
  "engine-stopped",
  "disk-full",
  "gpu-lost",
  "server-500",
  "server-422-echo",
  "server-hangs",
  "dies-at-start",
]);
export type PracticeFaultName = z.infer<typeof practiceFault>;

export const practiceState = z.object({
  running: z.boolean(),
  hosts: z.array(z.object({ hostId, name: z.string(), note: z.string(), faults: z.array(practiceFault) })),
});
export type PracticeState = z.infer<typeof practiceState>;

export const practice = {
  state: read.output(practiceState),
  /** Brings the simulated hosts up and into the fleet. */
  start: change("practice.start", "low").output(practiceState),
  /** Takes them out again with all they hold. */
  stop: change("practice.stop", "low").output(practiceState),
  fault: change("practice.fault", "low")
    .errors(hostErrors)
    .input(z.strictObject({ hostId, fault: practiceFault, on: z.boolean() }))
    .output(practiceState),
};
