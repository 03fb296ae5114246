/** What every file of the contract is made from. */
import { oc } from "@orpc/contract";
import { z } from "zod";
import { commonCodes, type ErrorCode, engineCodes, errorData, hostCodes, launchCodes, secretCodes } from "./errors.ts";

/**
 * Each procedure says what it does to the world: `read` looks, `change` acts, `reveal` lets a secret's value out.
 * `severity: "high"` rows are on disk before the action starts; `label` names the action in the audit log.
 */
export type ProcedureMeta = {
  audit: "read" | "change" | "reveal";
  severity?: "low" | "high";
  /** Verb and noun for the audit row; changes and reveals only. */
  action?: string;
};

type ErrorMapOf<C extends ErrorCode> = { [K in C]: { data: typeof errorData } };

export function errorMap<C extends ErrorCode>(...codes: readonly C[]): ErrorMapOf<C> {
  return Object.fromEntries(codes.map((code) => [code, { data: errorData }])) as ErrorMapOf<C>;
}

const common = errorMap(...commonCodes);
export const hostErrors = errorMap(...hostCodes);
export const engineErrors = errorMap(...engineCodes);
export const launchErrors = errorMap(...launchCodes);
export const secretErrors = errorMap(...secretCodes);

const builder = oc.$meta<ProcedureMeta>({ audit: "read" }).errors(common);

/** A procedure that only looks. */
export const read = builder;

/** A procedure that acts; `action` is its name in the audit log. */
export function change(action: string, severity: "low" | "high" = "high") {
  return builder.meta({ audit: "change", severity, action });
}

/** A procedure that lets a secret's value out. There is one. */
export function reveal(action: string) {
  return builder.meta({ audit: "reveal", severity: "high", action });
}

/** Milliseconds since the epoch. */
export const time = z.number().int().nonnegative();

export const hostId = z.string().min(1).max(64);
export const containerId = z.string().regex(/^[0-9a-f]{12,64}$/);

/** `development`, `staging`, `production`, or a person's own word. */
export const environmentName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
export const secretName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/);

/** What went wrong, as data; the renderer has the words. */
export const problem = z.object({
  code: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type Problem = z.infer<typeof problem>;

export const nothing = z.object({});
