import { ORPCError, ValidationError } from "@orpc/contract";
import { implement } from "@orpc/server";
import type { ErrorData } from "../../contract/errors.ts";
import { contract, type ErrorCode, errorCodes, type ProcedureMeta } from "../../contract/index.ts";
import type { Audit } from "../audit/index.ts";
import { Failure, reasonOf } from "../failure.ts";
import type { MaskGuard } from "../logs/index.ts";

/** Whose call it is, as the door saw them. */
export interface CallContext {
  address: string;
  userAgent: string;
}

export interface GuardDeps {
  audit: Audit;
  mask: MaskGuard;
  /** Runs `work` on behalf of the caller: audit rows made inside carry its address. */
  onBehalfOf<T>(caller: CallContext, work: () => T): T;
  /** A bug: its stack stays here. */
  bug(path: string, error: unknown): void;
}

/** Fields of an input that may stand in an audit row: references and choices, never what a person typed as a value. */
const auditable = new Set([
  "hostId",
  "containerId",
  "launchId",
  "tunnelId",
  "notebookId",
  "kernelId",
  "bufferId",
  "environment",
  "name",
  "template",
  "image",
  "fault",
  "on",
  "reason",
  "id",
]);
const maxAuditText = 200;

/**
 * What every procedure goes through: the caller is noted, a change or reveal is audited (a high one is on disk before it
 * starts), and whatever is thrown becomes a typed error without a stack.
 */
export function guarded(deps: GuardDeps) {
  // Validation comes after the guard, so that refused input is audited too and gets our own error shape.
  const unguarded = implement(contract, {
    initialInputValidationIndex: Number.POSITIVE_INFINITY,
    initialOutputValidationIndex: Number.POSITIVE_INFINITY,
  });
  return unguarded.$context<CallContext>().use(async ({ context, next, path, procedure, signal }, input) => {
    const meta = procedure["~orpc"].meta as ProcedureMeta;
    const name = path.join(".");
    const call = async () => {
      try {
        return await next();
      } catch (error) {
        throw asFailure(error, signal);
      }
    };
    try {
      const result = await deps.onBehalfOf(context, () =>
        meta.audit === "read" ? call() : audited(deps.audit, meta, name, input, call, signal),
      );
      if (!isIterator(result.output)) return result;
      return { ...result, output: shielded(result.output, name, deps) as typeof result.output };
    } catch (error) {
      throw crossing(error, name, deps);
    }
  });
}
export type Guarded = ReturnType<typeof guarded>;

function audited<T extends { output: unknown }>(
  audit: Audit,
  meta: ProcedureMeta,
  name: string,
  input: unknown,
  call: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const query = referencesIn(input);
  const row = {
    action: meta.action ?? name,
    severity: meta.severity ?? "high",
    method: "IPC",
    path: name,
    query,
    target: targetOf(name, query),
  };
  return new Promise((resolve, reject) => {
    const act = async (): Promise<T> => {
      const result = await call();
      if (!isIterator(result.output)) return result;
      // What is done is known at the stream's end: its row waits for that, and the caller does not.
      const { items, over } = followed(result.output, signal);
      resolve({ ...result, output: items as T["output"] });
      await over;
      return result;
    };
    audit.run(row, act).then(resolve, reject);
  });
}

/** `over` settles as the stream does; one that is let go before its end was cancelled. */
function followed(
  source: AsyncIterator<unknown, unknown>,
  signal: AbortSignal | undefined,
): { items: AsyncGenerator<unknown>; over: Promise<void> } {
  let done = (): void => {};
  let failed = (_error: unknown): void => {};
  const over = new Promise<void>((resolve, reject) => {
    done = resolve;
    failed = reject;
  });
  const cancelled = (): void => failed(new Failure("CANCELLED"));
  // It may be let go before anybody asked for the first item.
  signal?.addEventListener("abort", cancelled, { once: true });
  async function* items(): AsyncGenerator<unknown> {
    try {
      for (let step = await source.next(); !step.done; step = await source.next()) yield step.value;
      done();
    } catch (error) {
      failed(asFailure(error, signal));
      throw error;
    } finally {
      signal?.removeEventListener("abort", cancelled);
      cancelled();
      await source.return?.(undefined);
    }
  }
  return { items: items(), over };
}

function referencesIn(input: unknown): Record<string, string | number | boolean> {
  if (typeof input !== "object" || input === null) return {};
  const rows = Object.entries(input).flatMap(([key, value]): [string, string | number | boolean][] => {
    if (!auditable.has(key)) return [];
    if (key === "name" && typeof value === "string") return [[key, nameIn(value)]];
    if (typeof value === "string") return [[key, value.slice(0, maxAuditText)]];
    return typeof value === "number" || typeof value === "boolean" ? [[key, value]] : [];
  });
  return Object.fromEntries(rows);
}

/** Somebody may have pasted a secret into the field of its name: what can be no name is not repeated. */
function nameIn(text: string): string {
  return text.length <= 40 || /^[\w.-]{1,128}$/.test(text) ? text : `${text.slice(0, 4)}…`;
}

/** `host:ID`, `container:HOST/ID`, `secret:ENVIRONMENT/NAME`, or the domain itself. */
function targetOf(name: string, query: Record<string, string | number | boolean>): string {
  if (query.containerId !== undefined) return `container:${query.hostId}/${String(query.containerId).slice(0, 12)}`;
  if (query.environment !== undefined && query.name !== undefined && name.startsWith("secrets."))
    return `secret:${query.environment}/${query.name}`;
  if (name === "containers.launch") return `container:${query.hostId}/${query.name}`;
  if (query.hostId !== undefined) return `host:${query.hostId}`;
  if (query.tunnelId !== undefined) return `tunnel:${query.tunnelId}`;
  if (query.launchId !== undefined) return `launch:${query.launchId}`;
  return name.split(".")[0] ?? name;
}

/** A stream that fails midway fails the same typed way. */
async function* shielded(
  source: AsyncIterator<unknown, unknown>,
  name: string,
  deps: GuardDeps,
): AsyncGenerator<unknown> {
  try {
    for (let step = await source.next(); !step.done; step = await source.next()) yield step.value;
  } catch (error) {
    throw crossing(asFailure(error, undefined), name, deps);
  } finally {
    await source.return?.(undefined);
  }
}

function isIterator(value: unknown): value is AsyncIterator<unknown, unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function asFailure(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof Failure) return error;
  if (error instanceof ORPCError && error.cause instanceof ValidationError) return fromValidation(error);
  if (signal?.aborted || (error instanceof Error && error.name === "AbortError"))
    return new Failure("CANCELLED", {}, { cause: error });
  return error;
}

/** Where the input was wrong and why, never what it was. An output that breaks its schema is a bug of ours. */
function fromValidation(error: ORPCError<string, unknown>): unknown {
  if (error.code !== "BAD_REQUEST" || !(error.cause instanceof ValidationError)) return error;
  const issue = error.cause.issues[0];
  const field = (issue?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return new Failure("BAD_INPUT", { field, reason: (issue?.message ?? "").slice(0, maxAuditText) });
}

const known = new Set<string>(errorCodes);

function crossing(error: unknown, name: string, deps: GuardDeps): ORPCError<ErrorCode, ErrorData> {
  const failure = error instanceof Failure && known.has(error.code) ? error : null;
  if (failure === null) deps.bug(name, error);
  const code = failure?.code ?? "INTERNAL";
  const details = deps.mask.data(failure === null ? { procedure: name } : { ...failure.details });
  return new ORPCError<ErrorCode, ErrorData>(code, {
    defined: true,
    message: code,
    data: { retryable: failure?.retryable ?? false, details },
  });
}

export function bugText(path: string, error: unknown): string {
  return `${path}: ${error instanceof Error ? (error.stack ?? error.message) : reasonOf(error)}`;
}
