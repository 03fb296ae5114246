import { z } from "zod";
import { deliveryReason, givenSecret, launchSpec, proof, template } from "../../contract/containers.ts";

/** What is remembered of a container that this console launched. References and proofs, never values. */
export const launchRecord = z.object({
  launchId: z.string(),
  hostId: z.string(),
  hostName: z.string(),
  containerId: z.string(),
  name: z.string(),
  template: z.string(),
  kind: template.shape.kind,
  startedAt: z.number(),
  networkName: z.string().nullable(),
  spec: launchSpec,
  /** With the version that was given. */
  secrets: z.array(givenSecret.omit({ current: true }).extend({ why: deliveryReason.catch("asked") })),
  proof: proof.nullable(),
  command: z.string(),
});
export type LaunchRecord = z.infer<typeof launchRecord>;

export const launchFile = z.object({ records: z.array(launchRecord) });
export type LaunchFile = z.infer<typeof launchFile>;

/** The oldest go first: containers that were removed without us leave theirs behind. */
const mostRecords = 2_000;

export function recordOf(file: LaunchFile, containerId: string): LaunchRecord | null {
  return file.records.find((record) => isSameId(record.containerId, containerId)) ?? null;
}

export function withRecord(file: LaunchFile, record: LaunchRecord): LaunchFile {
  const others = withoutRecord(file, record.containerId).records;
  return { records: [...others, record].slice(-mostRecords) };
}

export function withoutRecord(file: LaunchFile, containerId: string): LaunchFile {
  return { records: file.records.filter((record) => !isSameId(record.containerId, containerId)) };
}

/** Engines take twelve digits or more for the whole id. */
function isSameId(full: string, given: string): boolean {
  return given.length >= 12 && full.startsWith(given);
}
