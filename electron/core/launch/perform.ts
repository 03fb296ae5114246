/** How steps are done, limited in time, audited and taken back. Knows nothing of what they do. */
import type { LaunchStepId } from "../../contract/containers.ts";
import { Failure, isFailure } from "../failure.ts";
import { pause, type Run } from "./run.ts";
import type { AuditRow } from "./types.ts";

/** The operation as it goes into the audit log. */
export type Operation = Pick<AuditRow, "severity" | "method" | "path" | "query">;

export interface Step {
  id: LaunchStepId;
  limitMs(run: Run): number;
  operation(run: Run): Operation;
  /** Why there is nothing to do, else `null`. */
  skip?(run: Run): string | { elsewhere: string } | null;
  /** Resolves to the note that stays beside the step. */
  act(run: Run, signal: AbortSignal): Promise<string>;
  /** Newest first. Called for a step that has begun, whether it came to its end or not. */
  undo?: readonly Undo[];
  /** In place of `TIMED_OUT`. */
  late?(run: Run): Failure;
  /** What is known of a failure before everything is undone, and the evidence with it. Never rejects. */
  explain?(run: Run, failure: Failure): Promise<Failure>;
}

export interface Undo {
  operation(run: Run): Operation;
  /** What stays behind when this fails, `null` when nothing can. */
  what(run: Run): string | null;
  /** Must be harmless when there is nothing to take back. */
  act(run: Run, signal: AbortSignal): Promise<void>;
}

/** Does the steps in order; `begun` gets each one before it starts. Rejects with the first failure. */
export async function perform(steps: readonly Step[], run: Run, begun: Step[]): Promise<void> {
  for (const step of steps) {
    if (run.signal.aborted) throw new Failure("CANCELLED");
    begun.push(step);
    await performOne(step, run);
  }
}

async function performOne(step: Step, run: Run): Promise<void> {
  const { clock } = run.deps;
  const why = step.skip?.(run) ?? null;
  if (typeof why === "string") return run.step(step.id, { state: "skipped", note: why });
  if (why !== null) return run.step(step.id, { state: "done", durationMs: 0, note: why.elsewhere });
  const began = clock.mono();
  run.step(step.id, { state: "running", startedAt: clock.now() });
  try {
    const note = await audited(run, step.id, step.operation(run), () => withinLimit(step, run));
    run.step(step.id, { state: "done", durationMs: Math.round(clock.mono() - began) });
    run.note(step.id, note);
  } catch (error) {
    run.step(step.id, { state: "failed", durationMs: Math.round(clock.mono() - began) });
    run.note(step.id, isFailure(error) ? error.code : "INTERNAL");
    if (step.explain === undefined || !isFailure(error) || run.signal.aborted) throw error;
    throw await step.explain(run, error);
  }
}

function audited<T>(run: Run, name: string, operation: Operation, action: () => Promise<T>): Promise<T> {
  const { start, deps, target } = run;
  const row = { action: `${start.action}.${name}`, target, requestId: start.launchId, ...operation };
  return deps.audit.run(row, action);
}

/**
 * Runs one step until it ends, the launch is cancelled or its time is up. A step that was told to stop is waited for a
 * while: what it was about to make must be there (or not) before it is taken back. One that ends later still is taken
 * back once more.
 */
async function withinLimit(step: Step, run: Run): Promise<string> {
  const { clock } = run.deps;
  const limitMs = run.timings.stepMs?.[step.id] ?? step.limitMs(run);
  const limit = new AbortController();
  const stopLimit = clock.after(limitMs, () => limit.abort());
  const signal = AbortSignal.any([run.signal, limit.signal]);
  let settled = false;
  const acting = step.act(run, signal).finally(() => {
    settled = true;
  });
  const patience = givenUp(signal, run);
  try {
    return await Promise.race([acting, patience.over]);
  } catch (error) {
    if (!settled) acting.then(() => takeBack(step, run)).catch(() => {});
    if (run.signal.aborted) throw new Failure("CANCELLED", {}, { cause: error });
    if (limit.signal.aborted) {
      throw step.late?.(run) ?? new Failure("TIMED_OUT", { what: step.id, seconds: Math.round(limitMs / 1000) });
    }
    throw error;
  } finally {
    stopLimit();
    patience.end();
  }
}

/** `over` rejects some time after the signal: for what does not listen to it. */
function givenUp(signal: AbortSignal, run: Run): { over: Promise<never>; end(): void } {
  const over = rejection();
  let stop = () => {};
  const begin = () => {
    stop = run.deps.clock.after(run.timings.graceMs, () => over.reject(new Failure("CANCELLED")));
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return {
    over: over.promise,
    end() {
      signal.removeEventListener("abort", begin);
      stop();
    },
  };
}

/** Takes back what the steps did, last first. Never rejects: what could not be taken back is in `leftBehind`. */
export async function undoAll(begun: readonly Step[], run: Run): Promise<void> {
  for (const step of begun.toReversed()) await takeBack(step, run);
}

async function takeBack(step: Step, run: Run): Promise<void> {
  let whole = true;
  for (const undo of step.undo ?? []) {
    if (await undone(step, undo, run)) continue;
    whole = false;
    const what = undo.what(run);
    if (what !== null && !run.leftBehind.includes(what)) run.leftBehind.push(what);
  }
  const state = run.view().steps.find(({ id }) => id === step.id)?.state;
  if (step.undo !== undefined && whole && state === "done") run.step(step.id, { state: "undone" });
}

async function undone(step: Step, undo: Undo, run: Run): Promise<boolean> {
  const { clock } = run.deps;
  // A signal of its own: the launch's may be the very reason why we are here.
  const limit = new AbortController();
  const expired = rejection();
  // Once the host did not come back in time, the rest is only tried.
  const stop = clock.after(run.hostGone ? run.timings.undoMs / 6 : run.timings.undoMs, () => {
    run.hostGone = true;
    limit.abort();
    expired.reject(new Failure("TIMED_OUT", { what: `undo ${step.id}` }));
  });
  let tried = false;
  const act = async () => {
    tried = true;
    await Promise.race([withHostBack(() => undo.act(run, limit.signal), run, limit.signal), expired.promise]);
  };
  try {
    await audited(run, `undo.${step.id}`, undo.operation(run), act).catch((error: unknown) => {
      // A journal that cannot be written refuses new actions. Cleaning up after a half-done one is none.
      if (!tried && isFailure(error, "AUDIT_UNWRITABLE")) return act();
      throw error;
    });
    return true;
  } catch (error) {
    if (!isFailure(error)) run.deps.bug?.(`undo of ${step.id}`, error);
    return false;
  } finally {
    stop();
  }
}

const mostTries = 4;

/**
 * A link that broke or an engine that went away (perhaps the reason of the failure) gets the rest of the time to come
 * back. Whatever else went wrong is tried some times more: a network is in use until its container is really gone.
 */
async function withHostBack(act: () => Promise<void>, run: Run, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isFailure(error) || error.code === "CONTAINER_NOT_FOUND" || signal.aborted) throw error;
      const passing = error.retryable || error.code === "ENGINE_SOCKET_MISSING";
      if (!passing && tries >= mostTries) throw error;
    }
    // It rejects at each attempt that fails; the next one may not.
    await run.link.ready({ signal }).catch(() => {});
    await pause(run, run.timings.pollMs, signal);
  }
}

/** A promise that others reject, and that may be rejected when nobody waits any more. */
function rejection(): { promise: Promise<never>; reject(error: Failure): void } {
  let reject: (error: Failure) => void = () => {};
  const promise = new Promise<never>((_resolve, refuse) => {
    reject = refuse;
  });
  promise.catch(() => {});
  return { promise, reject };
}
