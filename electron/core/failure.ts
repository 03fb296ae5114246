import type { ErrorCode } from "../contract/errors.ts";

export type FailureDetails = Readonly<Record<string, string | number | boolean>>;

/**
 * An expected failure: what happened (`code`, a closed union, translated in the renderer), to what (`details`, which
 * fill the placeholders of the text and never hold a value of a secret), and whether trying again can help.
 * Anything else that is thrown is a bug: it is logged with its stack in the core and crosses as `INTERNAL`.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: ErrorCode;
  readonly details: FailureDetails;
  readonly retryable: boolean;

  constructor(code: ErrorCode, details: FailureDetails = {}, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(`${code} ${JSON.stringify(details)}`, { cause: options.cause });
    this.code = code;
    this.details = details;
    this.retryable = options.retryable ?? false;
  }
}

export function isFailure(value: unknown, code?: ErrorCode): value is Failure {
  return value instanceof Failure && (code === undefined || value.code === code);
}

/** The text of whatever was thrown, for `details.reason`; never a stack. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return String(error);
}
