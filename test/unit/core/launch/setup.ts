/** A launch room of the lab with one secret, and what can be said of every launch in it. */
import { expect, onTestFinished } from "vitest";
import type { LaunchSpec, LaunchStepId, LaunchView } from "../../../../electron/contract/containers.ts";
import type { EngineCall } from "../../../helpers/fakeEngine.ts";
import { type LaunchLab, launchLab } from "../../../helpers/launchLab.ts";
import { hardSpec } from "../../../helpers/specs.ts";
import { tracesIn } from "../../../helpers/traces.ts";

export const value = 'hf_"Zx9\\qW\u00e92/kL+mN=vB';
export const ref = { environment: "production", name: "HF_TOKEN" };
export const given = (delivery: "auto" | "memory" | "file" = "auto") => ({ secrets: [{ ref, delivery }] });
export const stepIds: LaunchStepId[] = [
  "judge",
  "check",
  "secrets",
  "network",
  "create",
  "start",
  "ready",
  "inject",
  "load",
  "prove",
];

export async function lab(timings: Parameters<typeof launchLab>[0] = {}): Promise<LaunchLab> {
  const made = await launchLab(timings);
  await made.secrets.put({ ...ref, value, encoding: "text" });
  onTestFinished(() => made.launches.dispose());
  return made;
}

export const spec = (changes: Partial<LaunchSpec> = {}) =>
  hardSpec({ image: "gatehouse/inference-server:1", ...given(), ...changes });

export async function outcome({ launches }: LaunchLab, id: string): Promise<LaunchView> {
  for await (const view of launches.watch(id)) if (view.state !== "running") return view;
  throw new Error("the watch ended before the launch");
}

export async function launched(where: LaunchLab, changes: Partial<LaunchSpec> = {}): Promise<LaunchView> {
  const { launchId } = await where.launches.start(spec(changes));
  return outcome(where, launchId);
}

export const states = (view: LaunchView) => view.steps.map(({ id, state }) => `${id} ${state}`);

/** The host is as it was, nothing is remembered, and nowhere is a byte of the value. */
export function expectNothingLeft(where: LaunchLab, view: LaunchView): void {
  expect({
    containers: [...where.engine.all.values()].map(({ name }) => name),
    networks: [...where.engine.networks.keys()],
    apiKeys: where.apiKeys.size,
    records: where.records().records.length,
    leftBehind: view.leftBehind,
    bugs: where.bugs,
  }).toEqual({ containers: [], networks: [], apiKeys: 0, records: 0, leftBehind: [], bugs: [] });
  expectNoTraces(where);
}

export function expectNoTraces(where: LaunchLab): void {
  const shown = JSON.stringify([where.launches.list(), where.rows, where.records()]);
  expect(tracesIn(shown, value)).toEqual([]);
  const keys = [...where.apiKeys.values()].map((secret) => secret.use((bytes) => bytes.toString()));
  for (const key of keys) expect(tracesIn(shown, key)).toEqual([]);
}

export function failAt(hooks: LaunchLab["engine"]["before"], call: EngineCall, error: unknown): void {
  hooks.set(call, () => {
    throw error;
  });
}
