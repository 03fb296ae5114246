import { z } from "zod";
import { read, time } from "./base.ts";

export const auditRow = z.object({
  seq: z.number().int(),
  requestId: z.string(),
  at: time,
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  /** The exact operation: `DOCKER POST /containers/{id}/start`. */
  method: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  outcome: z.enum(["intent", "success", "failure", "denied", "cancelled"]),
  errorCode: z.string().nullable(),
  severity: z.enum(["low", "high"]),
  durationMs: z.number().int(),
  clientIp: z.string(),
  hash: z.string(),
});
export type AuditRowView = z.infer<typeof auditRow>;

/** `vouched` and `recovered` are remarks on what was checked and found in order. */
export const auditRemark = z.enum([
  "vouched",
  "recovered",
  "skipped",
  "other-files",
  "no-head",
  "no-key",
  "no-checkpoints",
  "own-key",
  "more",
]);

export const auditReport = z.object({
  /** `whole`, or the worst that was found. */
  verdict: z.enum(["whole", "altered", "gap", "torn", "truncated", "restamped", "unknown-key", "unreadable"]),
  records: z.number().int(),
  segments: z.number().int(),
  checkpoints: z.number().int(),
  firstAt: time.nullable(),
  lastAt: time.nullable(),
  /** Each thing that is wrong, with the place. */
  damage: z.array(
    z.object({
      kind: z.string(),
      file: z.string(),
      line: z.number().int(),
      seq: z.number().int().nullable(),
      note: z.string(),
    }),
  ),
  /** What could not be checked, or should be known: words by `unchecked.<kind>` with `details`, else the English `text`. */
  unchecked: z.array(
    z.object({ kind: auditRemark, details: z.record(z.string(), z.union([z.string(), z.number()])), text: z.string() }),
  ),
  durationMs: z.number(),
});
export type AuditReport = z.infer<typeof auditReport>;

/** What another person needs to check signed evidence and checkpoints; no secret. */
export const auditKey = z.object({
  /** `SHA256:` and 43 characters of base64: of the DER (SubjectPublicKeyInfo). */
  fingerprint: z.string(),
  /** Ed25519, RFC 7468. */
  pem: z.string(),
});
export type AuditKey = z.infer<typeof auditKey>;

export const audit = {
  /** Newest first. */
  page: read
    .input(
      z.strictObject({
        before: z.number().int().optional(),
        limit: z.number().int().min(1).max(500),
        text: z.string().max(200).optional(),
        outcome: z.array(z.enum(["intent", "success", "failure", "denied", "cancelled"])).optional(),
      }),
    )
    .output(z.object({ rows: z.array(auditRow), total: z.number().int(), more: z.boolean(), newest: time.nullable() })),
  verify: read.output(auditReport),
  /** Null while there is none: nobody chose where keys are kept, or that place is locked. */
  publicKey: read.output(z.object({ key: auditKey.nullable() })),
};
