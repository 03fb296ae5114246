/** What those who look at a log for damage have in common. */
import type { AuditReport } from "../../contract/audit.ts";
import type { AuditHead } from "./keys.ts";

export interface VerifyOptions {
  /** The log's folder, or one of its segments. */
  path: string;
  /** Keys of the rows; without them the authentication codes are not checked (and the report says so). */
  keys?: readonly Uint8Array[];
  /** The public key (hex, DER) that checkpoints have to be signed with; else the one in their own file is taken. */
  publicKey?: string;
  /** The newest row as it was kept apart from the log. */
  head?: AuditHead | null;
  /** Monotonic milliseconds, for `durationMs`. */
  mono?: () => number;
  signal?: AbortSignal;
}

export type Damage = AuditReport["damage"][number];
export type DamageKind = Exclude<AuditReport["verdict"], "whole">;

export interface Place {
  folder: string;
  segments: string[];
  /** The first of `segments` should begin with row 1. */
  fromStart: boolean;
  /** The last of `segments` is the newest of the log. */
  toEnd: boolean;
}
