import { describe, expect, it } from "vitest";
import type { DiagnosisStep } from "../../../../electron/contract/index.ts";
import { type DoctorDeps, diagnose } from "../../../../electron/core/hosts/doctor.ts";
import type { Queued } from "../../../../electron/core/ssh/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";

describe("the connection doctor", () => {
  it("tells the place of a step that waits for a channel, and forgets it when it goes on", async () => {
    const engine = {
      kind: "docker",
      version: "29",
      apiVersion: "1.52",
      socketPath: "/run/docker.sock",
      gpuToolkit: true,
    };
    const session = {
      record: { id: "h", host: { kind: "local" } },
      link: { ready: async () => {} },
      engine: {
        async info({ onPlace }: Queued) {
          for (const place of [2, 0]) onPlace?.(place);
          return engine;
        },
      },
      view: () => ({ gpus: [{ name: "H100" }], gpuProblem: null }),
      async refresh(_signal: AbortSignal, { onPlace }: Queued) {
        for (const place of [3, 2, 1, 0]) onPlace?.(place);
      },
    };
    const told: DiagnosisStep[] = [];
    const deps = { session, clock: fakeClock() } as unknown as DoctorDeps;
    for await (const step of diagnose(deps)) told.push(step);
    const evidence = told
      .filter(({ kind }) => kind === "gpu")
      .map(({ state, evidence }) => [state, ...evidence.map(({ what, text }) => `${what} ${text}`)]);
    expect(told.filter(({ kind }) => kind === "engine").map((step) => step.evidence.map(({ text }) => text))).toEqual([
      [],
      ["2"],
      [],
      ["docker 29, API 1.52, /run/docker.sock"],
    ]);
    expect(evidence).toEqual([
      ["running"],
      ["running", "queued 3"],
      ["running", "queued 2"],
      ["running", "queued 1"],
      ["running"],
      ["ok", "gpus H100"],
    ]);
  });
});
