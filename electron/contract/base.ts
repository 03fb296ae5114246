/** What every file of the contract is made from. */
import { oc } from "@orpc/contract";
import { z } from "zod";
import { type ErrorCode, errorData } from "./errors.ts";

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

const common = errorMap(
  "BAD_INPUT",
  "NOT_FOUND",
  "CANCELLED",
  "TIMED_OUT",
  "INTERNAL",
  "LIMIT_REACHED",
  "CONFLICT",
  "STORE_UNWRITABLE",
  "AUDIT_UNWRITABLE",
);

export const hostErrors = errorMap(
  "HOST_UNKNOWN",
  "HOST_NAME_UNRESOLVED",
  "HOST_REFUSED",
  "HOST_UNREACHABLE",
  "NOT_SSH",
  "HOST_OFFLINE",
  "HOST_KEY_REJECTED",
  "HOST_KEY_CHANGED",
  "AUTH_FAILED",
  "KEY_FILE_UNREADABLE",
  "KEY_FILE_INVALID",
  "KEY_FILE_OPEN",
  "PASSPHRASE_WRONG",
  "AGENT_UNAVAILABLE",
  "FORWARDING_REFUSED",
  "CHANNEL_FAILED",
  "COMMAND_FAILED",
  "SSH_CONFIG_INVALID",
  "JUMP_LOOP",
  "OPENSSH_MISSING",
  "PROMPT_DISMISSED",
);

export const engineErrors = errorMap(
  "ENGINE_SOCKET_MISSING",
  "ENGINE_SOCKET_DENIED",
  "ENGINE_TOO_OLD",
  "ENGINE_ERROR",
  "ENGINE_UNAVAILABLE",
  "CONTAINER_NOT_FOUND",
  "IMAGE_NOT_FOUND",
  "NAME_TAKEN",
  "PORT_TAKEN",
  "DISK_FULL",
  "GPU_RUNTIME_MISSING",
  "GPU_NOT_FOUND",
  "HOST_PATH_MISSING",
  "LOG_DRIVER_UNREADABLE",
);

export const launchErrors = errorMap(
  "POLICY_DENIED",
  "CONTAINER_DIED",
  "SERVER_NOT_READY",
  "SERVER_ERROR",
  "SERVER_REFUSED_KEY",
  "SERVER_REFUSED_INPUT",
  "INJECTION_UNSUPPORTED",
  "EXPOSURE_FOUND",
  "MODEL_NOT_FOUND",
);

export const secretErrors = errorMap(
  "SECRET_NAME_INVALID",
  "SECRET_EMPTY",
  "SECRET_TOO_LARGE",
  "SECRET_NOT_FOUND",
  "KEYCHAIN_LOCKED",
  "KEYCHAIN_UNAVAILABLE",
  "VAULT_PASSPHRASE_WRONG",
  "VAULT_CORRUPT",
  "REASON_REQUIRED",
);

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
