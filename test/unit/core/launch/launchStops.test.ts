import { describe, expect, test } from "vitest";
import type { LaunchStepId } from "../../../../electron/contract/containers.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import type { EngineCall } from "../../../helpers/fakeEngine.ts";
import { until } from "../../../helpers/until.ts";
import { expectNothingLeft, lab, launched, outcome, spec, states } from "./setup.ts";

/** The engine call, or the request to the server, at which a step can be stopped. */
const stops: [step: LaunchStepId, call: EngineCall][] = [
  ["check", "info"],
  ["network", "createNetwork"],
  ["create", "create"],
  ["start", "start"],
  ["ready", "exec"],
  ["prove", "top"],
];

describe("cancel", () => {
  test.each(stops)("at %s: everything is undone", async (step, call) => {
    const where = await lab();
    const held = new Promise<void>((resolve) => {
      where.engine.before.set(call, async (signal) => {
        resolve();
        // One call alone is held; taking back may need the same one.
        where.engine.before.delete(call);
        await new Promise<void>((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new Failure("CANCELLED")), { once: true });
        });
      });
    });
    const { launchId } = await where.launches.start(spec());
    await held;
    await where.launches.cancel(launchId);
    const view = await outcome(where, launchId);
    expect({ state: view.state, problem: view.problem?.code }).toEqual({ state: "cancelled", problem: "CANCELLED" });
    expectNothingLeft(where, view);
    expect(where.rows.find(({ action }) => action === `container.launch.${step}`)).toMatchObject({
      outcome: "cancelled",
    });
    const begun = view.steps.filter(({ state }) => state !== "waiting").map(({ id }) => id);
    expect(begun.at(-1)).toBe(step);
  });

  test.each<[name: string, call: EngineCall]>([
    ["network", "createNetwork"],
    ["container", "create"],
  ])("a %s that comes late, from an engine that does not listen, is taken back all the same", async (_name, call) => {
    const where = await lab({ graceMs: 20 });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      where.engine.before.set(call, async () => {
        resolve();
        where.engine.before.delete(call);
        await new Promise<void>((free) => {
          release = free;
        });
      });
    });
    // The engine goes on with what it was asked to do whatever the caller says.
    const deaf = <T extends { signal?: AbortSignal | undefined }>(options: T): T => ({ ...options, signal: undefined });
    if (call === "create") {
      const create = where.engine.create;
      where.engine.create = (name, body, options) => create(name, body, deaf(options ?? {}));
    } else {
      const createNetwork = where.engine.createNetwork;
      where.engine.createNetwork = (name, options) => createNetwork(name, deaf(options));
    }
    const { launchId } = await where.launches.start(spec());
    await held;
    await where.launches.cancel(launchId);
    const view = await outcome(where, launchId);
    expect(view.state).toBe("cancelled");
    release();
    await until(
      () => where.engine.calls.filter((each) => each === (call === "create" ? "remove" : "removeNetwork")).length >= 1,
    );
    await until(() => where.engine.all.size === 0 && where.engine.networks.size === 0);
    expectNothingLeft(where, view);
  });

  test("while the server is waited for", async () => {
    const where = await lab();
    where.server.fault = "never-ready";
    const { launchId } = await where.launches.start(spec());
    await until(() => where.server.requests.length > 1);
    await where.launches.cancel(launchId);
    const view = await outcome(where, launchId);
    expect(view.state).toBe("cancelled");
    expect(states(view)).toEqual([
      "judge done",
      "check done",
      "secrets done",
      "network undone",
      "create undone",
      "start undone",
      "ready failed",
      "inject waiting",
      "load waiting",
      "prove waiting",
    ]);
    expectNothingLeft(where, view);
  });

  test("while the model is loaded", async () => {
    const where = await lab();
    where.server.fault = "hangs";
    const { launchId } = await where.launches.start(spec());
    await until(() => where.server.requests.includes("POST /v1/model/load"));
    await where.launches.cancel(launchId);
    const view = await outcome(where, launchId);
    expect(view.state).toBe("cancelled");
    expectNothingLeft(where, view);
  });

  test("of what has ended, or never was", async () => {
    const where = await lab();
    const view = await launched(where);
    await where.launches.cancel(view.id);
    expect(where.launches.list()[0]?.state).toBe("done");
    await expect(where.launches.cancel("nonsense")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("the link is lost", () => {
  test.each(stops)("at %s: the failure is the link's, everything is undone once it is back", async (_step, call) => {
    const where = await lab();
    where.engine.before.set(call, () => {
      where.engine.before.set(call, () => {
        if (where.link.down) throw new Failure("HOST_OFFLINE", { host: "gpu-1" }, { retryable: true });
      });
      where.link.down = true;
      throw new Failure("HOST_OFFLINE", { host: "gpu-1" }, { retryable: true });
    });
    const view = await launched(where);
    expect({ state: view.state, problem: view.problem?.code }).toEqual({ state: "failed", problem: "HOST_OFFLINE" });
    expectNothingLeft(where, view);
  });

  test("and the engine is away for a while after that", async () => {
    const where = await lab();
    let away = 5;
    const refuse = () => {
      away -= 1;
      if (away >= 0) throw new Failure("ENGINE_UNAVAILABLE", { reason: "nobody listens" }, { retryable: true });
    };
    where.engine.before.set("start", () => {
      where.engine.before.set("remove", refuse);
      refuse();
    });
    const view = await launched(where);
    expect({ state: view.state, problem: view.problem?.code, left: view.leftBehind }).toEqual({
      state: "failed",
      problem: "ENGINE_UNAVAILABLE",
      left: [],
    });
    expectNothingLeft(where, view);
  });

  test("at load", async () => {
    const where = await lab();
    where.server.fault = "never-ready";
    const { launchId } = await where.launches.start(spec());
    await until(() => where.server.requests.length > 0);
    where.link.down = true;
    const view = await outcome(where, launchId);
    expect({ state: view.state, problem: view.problem?.code }).toEqual({ state: "failed", problem: "HOST_OFFLINE" });
    expectNothingLeft(where, view);
  });
});
