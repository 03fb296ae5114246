import { describe, expect, test } from "vitest";
import type { LaunchSpec } from "../../../../electron/contract/containers.ts";
import { launchView } from "../../../../electron/contract/containers.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import type { LaunchLab } from "../../../helpers/launchLab.ts";
import { expectNoTraces, expectNothingLeft, failAt, lab, launched, ref, value } from "./setup.ts";

type Fault = [
  name: string,
  arrange: (where: LaunchLab) => unknown,
  problem: { code: string; details?: unknown },
  changes?: Partial<LaunchSpec>,
];

const faults: Fault[] = [
  ["policy", () => {}, { code: "POLICY_DENIED", details: { rules: "not-privileged", count: 1 } }, { privileged: true }],
  [
    "a secret that nobody stored",
    () => {},
    { code: "SECRET_NOT_FOUND", details: { secret: "production/OTHER" } },
    { secrets: [{ ref: { environment: "production", name: "OTHER" }, delivery: "auto" }] },
  ],
  [
    "another version than the one that is there",
    () => {},
    { code: "SECRET_NOT_FOUND" },
    { secrets: [{ ref: { ...ref, version: 7 }, delivery: "auto" }] },
  ],
  ["keychain locked", ({ keeper }) => (keeper.locked = true), { code: "KEYCHAIN_LOCKED" }],
  ["practice template on a real host", () => {}, { code: "POLICY_DENIED" }, { template: "leaky" }],
  ["a GPU is needed", () => {}, { code: "BAD_INPUT" }, { template: "vllm" }],
  [
    "image missing",
    ({ engine }) => engine.store.clear(),
    { code: "IMAGE_NOT_FOUND", details: { image: "gatehouse/inference-server:1" } },
  ],
  [
    "GPU missing",
    () => {},
    { code: "GPU_NOT_FOUND", details: { host: "gpu-1", gpu: "GPU-0000-2" } },
    { gpus: ["GPU-0000-1", "GPU-0000-2"] },
  ],
  [
    "no GPU toolkit",
    ({ engine }) => (engine.facts = { ...engine.facts, gpuToolkit: false }),
    { code: "GPU_RUNTIME_MISSING" },
    { gpus: ["GPU-0000-1"] },
  ],
  [
    "podman takes a GPU request and forgets it",
    ({ engine }) => (engine.facts = { ...engine.facts, kind: "podman" }),
    { code: "GPU_RUNTIME_MISSING" },
    { gpus: ["GPU-0000-1"] },
  ],
  ["disk nearly full", ({ host }) => (host.diskFreeBytes = 1_000), { code: "DISK_FULL" }],
  [
    "disk full at create",
    ({ engine }) => failAt(engine.before, "create", new Failure("DISK_FULL", { host: "gpu-1" })),
    { code: "DISK_FULL" },
  ],
  [
    "GPU runtime refuses at start",
    ({ engine }) => failAt(engine.before, "start", new Failure("GPU_RUNTIME_MISSING", {})),
    { code: "GPU_RUNTIME_MISSING" },
  ],
  [
    "container dies at start",
    ({ engine }) => {
      engine.onStart = (container) => {
        container.state = "exited";
        container.exitCode = 3;
        container.log.push(Buffer.from(`cannot open model\nkey was ${value}\n`));
      };
    },
    {
      code: "CONTAINER_DIED",
      details: {
        name: "llm",
        exitCode: 3,
        oomKilled: false,
        lastLines: expect.stringMatching(/^cannot open model\nkey was \[secret:HF_TOKEN\]$/),
      },
    },
  ],
  [
    "container is restarted by its policy",
    ({ engine }) => {
      engine.onStart = (container) => {
        container.restartCount = 1;
      };
    },
    { code: "CONTAINER_DIED" },
  ],
  [
    "container without a server dies",
    ({ engine }) => {
      engine.onStart = (container) => setTimeout(() => Object.assign(container, { state: "exited", exitCode: 1 }), 1);
    },
    { code: "CONTAINER_DIED" },
    { template: "plain", image: "busybox:1.37", model: null },
  ],
  ["server answers 500", ({ server }) => (server.fault = "500"), { code: "SERVER_ERROR" }],
  [
    "server answers 500, and its log tells why",
    ({ server, engine }) => {
      server.fault = "500";
      engine.onStart = (container) => container.log.push(Buffer.from(`no memory for ${value}\n`));
    },
    { code: "SERVER_ERROR", details: expect.objectContaining({ lastLines: "no memory for [secret:HF_TOKEN]" }) },
  ],
  [
    "server echoes the input in a 422",
    ({ server }) => (server.fault = "422-echo"),
    { code: "SERVER_REFUSED_INPUT", details: { status: 422, path: "/v1/model/load", reason: "body (model_type)" } },
  ],
  ["server refuses the key", ({ server }) => (server.fault = "401"), { code: "SERVER_REFUSED_KEY" }],
  ["server answers nonsense", ({ server }) => (server.fault = "garbage"), { code: "SERVER_ERROR" }],
  [
    "server is never ready",
    ({ server }) => (server.fault = "never-ready"),
    { code: "SERVER_NOT_READY", details: { name: "llm", seconds: 90 } },
  ],
  [
    "server hangs at load",
    ({ server }) => (server.fault = "hangs"),
    { code: "TIMED_OUT", details: { what: "load", seconds: 0 } },
  ],
  [
    "image has no shell for a file",
    ({ engine }) => engine.store.get("busybox:1.37")?.programs.clear(),
    { code: "INJECTION_UNSUPPORTED" },
    { template: "plain", image: "busybox:1.37", model: null },
  ],
  [
    "the writer fails",
    ({ engine }) => {
      engine.onExec = (_container, _argv, { stdin }) => (stdin === undefined ? null : 1);
    },
    { code: "ENGINE_ERROR" },
  ],
  [
    "the value shows in the log",
    ({ engine }) => {
      engine.onStart = (container) => container.log.push(Buffer.from(`${Buffer.from(value).toString("base64")}\n`));
    },
    { code: "EXPOSURE_FOUND", details: { traces: 1, places: "logs" } },
  ],
  [
    "the value shows in an argument",
    ({ engine }) => {
      engine.onStart = (container) => container.processes.push(`serve --token ${value}`);
    },
    { code: "EXPOSURE_FOUND", details: { traces: 1, places: "argv" } },
  ],
];

describe("a launch that fails", () => {
  test.each(faults)("%s", async (_name, arrange, problem, changes) => {
    const where = await lab({ stepMs: { ready: 400, load: 400 } });
    arrange(where);
    const view = await launched(where, changes);
    expect(view.state).toBe("failed");
    expect(view.problem).toMatchObject(problem);
    expect(launchView.parse(view)).toEqual(view);
    where.keeper.locked = false;
    expectNothingLeft(where, view);
    // The row of the step that failed says with what.
    expect(where.rows.some(({ errorCode }) => errorCode === view.problem?.code)).toBe(true);
  });

  test("a place that cannot be looked into is told, and the launch stands", async () => {
    const where = await lab();
    failAt(where.engine.before, "top", new Failure("ENGINE_ERROR", { operation: "top", reason: `refused ${value}` }));
    const view = await launched(where);
    expect({ state: view.state, clean: view.proof?.clean, warnings: view.warnings }).toEqual({
      state: "done",
      clean: false,
      warnings: ["not-looked: argv (ENGINE_ERROR)"],
    });
    expectNoTraces(where);
  });

  test("a bug is undone too, and told to the log alone", async () => {
    const where = await lab();
    failAt(where.engine.before, "start", new TypeError("undefined is not a function"));
    const view = await launched(where);
    expect({ state: view.state, problem: view.problem }).toEqual({
      state: "failed",
      problem: { code: "INTERNAL", details: {} },
    });
    expect(where.bugs.splice(0)).toMatchObject([{ where: "launch" }]);
    expectNothingLeft(where, view);
  });

  test("a name that somebody else's container has is not touched", async () => {
    const where = await lab();
    const { id } = await where.engine.create("llm", { Image: "busybox:1.37", HostConfig: {} });
    const view = await launched(where);
    expect(view.problem).toEqual({ code: "NAME_TAKEN", details: { name: "llm" } });
    expect([...where.engine.all.keys()]).toEqual([id]);
    expect(where.engine.calls).not.toContain("createNetwork");
  });

  test("neither when it appears between the check and the creation", async () => {
    const where = await lab();
    const names = where.engine.before.get("create");
    where.engine.before.set("create", (signal) => {
      where.engine.before.set("create", names as never);
      return where.engine.create("llm", { Image: "busybox:1.37", HostConfig: {} }, { signal }).then(() => {});
    });
    const view = await launched(where);
    expect(view.problem?.code).toBe("NAME_TAKEN");
    expect([...where.engine.all.values()].map(({ name, body }) => [name, body.Image])).toEqual([
      ["llm", "busybox:1.37"],
    ]);
    expect(view.leftBehind).toEqual([]);
  });

  test("a container whose creation was answered to nobody is found by its label and removed", async () => {
    const where = await lab();
    where.engine.after.set("create", () => {
      where.link.down = true;
      throw new Failure("HOST_OFFLINE", { host: "gpu-1" }, { retryable: true });
    });
    const view = await launched(where);
    expect(view.problem?.code).toBe("HOST_OFFLINE");
    expectNothingLeft(where, view);
  });

  test("an audit log that cannot be written stops it before the host is changed", async () => {
    const where = await lab();
    where.audit.refuse = true;
    const view = await launched(where);
    expect(view.problem?.code).toBe("AUDIT_UNWRITABLE");
    expect(where.engine.calls).not.toContain("createNetwork");
    expectNothingLeft(where, view);
  });

  test("and does not stop the cleaning up", async () => {
    const where = await lab();
    where.engine.after.set("start", () => {
      where.audit.refuse = true;
    });
    const view = await launched(where);
    expect(view.problem?.code).toBe("AUDIT_UNWRITABLE");
    expectNothingLeft(where, view);
  });

  test("what can't be taken back is told", async () => {
    const where = await lab({ undoMs: 60 });
    where.engine.before.set("start", () => {
      where.link.comesBack = false;
      where.link.down = true;
      throw new Failure("HOST_OFFLINE", { host: "gpu-1" }, { retryable: true });
    });
    const view = await launched(where);
    const id = [...where.engine.all.keys()][0]?.slice(0, 12);
    expect(view.leftBehind).toEqual([`container llm (${id})`, `network gatehouse-llm-${view.id.slice(-8)}`]);
    expect(view.state).toBe("failed");
  });

  test("in the leaky template on a simulated host a trace is a warning, and the proof says so", async () => {
    const where = await lab();
    where.host.simulated = true;
    const view = await launched(where, {
      template: "leaky",
      model: { backend: "echo", engineParams: { print_canary: true } },
    });
    expect(view.state).toBe("done");
    expect(view.warnings).toEqual(["exposure: 1 in logs"]);
    expect(view.proof).toMatchObject({ clean: false });
    expectNoTraces(where);
  });
});
