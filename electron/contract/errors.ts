/**
 * Every expected failure of the console, by code. The text a person reads is made in the renderer from the catalogue
 * (`error.<CODE>` says what happened and to what, `error.<CODE>.hint` what to do next) with `details` as parameters.
 */
import { z } from "zod";

/** What any procedure may answer. */
export const commonCodes = [
  "BAD_INPUT",
  "NOT_FOUND",
  "CANCELLED",
  "TIMED_OUT",
  "INTERNAL",
  "LIMIT_REACHED",
  "CONFLICT",
  "AUDIT_UNWRITABLE",
  "STORE_UNWRITABLE",
] as const;

/** Hosts and SSH. */
export const hostCodes = [
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
  "SECURITY_KEY_UNTOUCHED",
  "SECURITY_KEY_MISSING",
] as const;

/** The container engine. */
export const engineCodes = [
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
] as const;

/** Logs that are not a container's. */
export const logCodes = ["LOG_FILE_UNREADABLE", "JOURNAL_UNREADABLE", "LOG_ORIGIN_UNKNOWN"] as const;

/** Tunnels. */
export const tunnelCodes = [
  "LOCAL_PORT_TAKEN",
  "LISTEN_FAILED",
  "PROBE_SLOW",
  "PROBE_MISSED",
  "SERVICE_DOWN",
  "ANSWER_NEEDED",
  "REMOTE_LISTEN_REFUSED",
  "REMOTE_PORT_TAKEN",
  "REMOTE_HEARD_ELSEWHERE",
  "LOCAL_TARGET_DOWN",
] as const;

/** Launches and model servers. */
export const launchCodes = [
  "POLICY_DENIED",
  "CONTAINER_DIED",
  "SERVER_NOT_READY",
  "SERVER_ERROR",
  "SERVER_REFUSED_KEY",
  "SERVER_REFUSED_INPUT",
  "INJECTION_UNSUPPORTED",
  "EXPOSURE_FOUND",
  "MODEL_NOT_FOUND",
] as const;

/** Secrets and the keychain. */
export const secretCodes = [
  "SECRET_NAME_INVALID",
  "SECRET_EMPTY",
  "SECRET_TOO_LARGE",
  "SECRET_NOT_FOUND",
  "KEYCHAIN_LOCKED",
  "KEYCHAIN_UNAVAILABLE",
  "VAULT_PASSPHRASE_WRONG",
  "VAULT_CORRUPT",
  "REASON_REQUIRED",
] as const;

/** Notebooks. */
export const notebookCodes = [
  "JUPYTER_MISSING",
  "NOTEBOOK_NOT_STARTED",
  "NOTEBOOK_DOWN",
  "NOTEBOOK_LOGIN_NEEDED",
  "NOTEBOOK_ODD_ANSWER",
  "NOTEBOOK_UNREACHABLE",
  "NOTEBOOK_CERT_CHANGED",
] as const;

export const errorCodes = [
  ...commonCodes,
  ...hostCodes,
  ...engineCodes,
  ...logCodes,
  ...tunnelCodes,
  ...launchCodes,
  ...secretCodes,
  ...notebookCodes,
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export const errorDetails = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** The `data` of every typed error that crosses the contract. */
export const errorData = z.object({ retryable: z.boolean(), details: errorDetails });
export type ErrorData = z.infer<typeof errorData>;
