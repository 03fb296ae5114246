import type { Problem } from "../../contract/base.ts";
import type { LaunchStepId } from "../../contract/containers.ts";
import { Failure, isFailure } from "../failure.ts";
import { createStep, startStep } from "./containerSteps.ts";
import { checkStep, judgeStep, networkStep, secretsStep } from "./hostSteps.ts";
import { perform, type Step, undoAll } from "./perform.ts";
import { type LaunchRecord, withRecord } from "./records.ts";
import type { Run } from "./run.ts";
import { injectStep, loadStep, proveStep, readyStep } from "./serverSteps.ts";
import type { LaunchTemplate } from "./templates.ts";
import type { AuditRow } from "./types.ts";

/**
 * The whole launch, in its order: judge the spec, check the host, look up the secrets, make the network, create the
 * container, start it, wait until it is ready, inject the secrets, load the model, prove that nothing shows.
 */
export function stepsOf(template: Pick<LaunchTemplate, "secretsFirst">): readonly Step[] {
  const before = [judgeStep, checkStep, secretsStep, networkStep, createStep, startStep];
  return [
    ...before,
    ...(template.secretsFirst ? [injectStep, readyStep] : [readyStep, injectStep]),
    loadStep,
    proveStep,
  ];
}

/** What a restarted container needs again. */
export function reinjectStepsOf(template: Pick<LaunchTemplate, "secretsFirst">): readonly Step[] {
  return stepsOf(template).filter(({ id }) => reinjected.has(id));
}

const reinjected: ReadonlySet<LaunchStepId> = new Set(["secrets", "ready", "inject", "load", "prove"]);

/** Does it all, or takes back what was done. Never rejects: the outcome is in the run's view. */
export async function launch(run: Run): Promise<void> {
  const begun: Step[] = [];
  try {
    await run.deps.audit.run(wholeOf(run), async () => {
      await perform(stepsOf(run.template), run, begun);
      await remember(run);
    });
    run.finish("done", null);
  } catch (error) {
    await undoAll(begun, run);
    const cancelled = run.signal.aborted || isFailure(error, "CANCELLED");
    if (!cancelled && !isFailure(error)) run.deps.bug?.("launch", error);
    const told = cancelled ? new Failure("CANCELLED") : error;
    run.finish(cancelled ? "cancelled" : "failed", problemOf(told));
  } finally {
    run.dispose();
  }
}

/** The row that says how the launch ended; those of its steps lie between its intent and its outcome. */
function wholeOf({ start, target, template }: Run): AuditRow {
  return {
    action: start.action,
    severity: "high",
    method: "IPC",
    path: "containers.launch",
    query: { template: template.id, image: start.spec.image },
    target,
    requestId: start.launchId,
  };
}

/** Keeps who was given what, in which version, with the proof. */
async function remember(run: Run): Promise<void> {
  const { start, spec, template, deps, startedAt } = run;
  const record: LaunchRecord = {
    launchId: start.launchId,
    hostId: spec.hostId,
    hostName: start.host.name,
    containerId: run.id,
    name: spec.name,
    template: template.id,
    kind: template.kind,
    startedAt,
    networkName: start.networkName,
    spec,
    secrets: run.resolved.map(({ ref, delivery, why }) => ({ ref, delivery, why })),
    proof: run.proof,
    command: start.command,
  };
  await deps.store.update((file) => withRecord(file, record));
}

function problemOf(error: unknown): Problem {
  return isFailure(error) ? { code: error.code, details: { ...error.details } } : { code: "INTERNAL", details: {} };
}
