import { afterEach, describe, expect, test } from "vitest";
import type { LaunchSpec, LaunchStepId, LaunchView } from "../../../../electron/contract/containers.ts";
import { launchView, plan, proof } from "../../../../electron/contract/containers.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import type { EngineCall } from "../../../helpers/fakeEngine.ts";
import { type LaunchLab, launchLab } from "../../../helpers/launchLab.ts";
import { hardSpec } from "../../../helpers/specs.ts";
import { tracesIn } from "../../../helpers/traces.ts";
import { until } from "../../../helpers/until.ts";

const value = 'hf_"Zx9\\qW\u00e92/kL+mN=vB';
const ref = { environment: "production", name: "HF_TOKEN" };
const given = (delivery: "auto" | "memory" | "file" = "auto") => ({ secrets: [{ ref, delivery }] });
const stepIds: LaunchStepId[] = [
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

const labs: LaunchLab[] = [];
async function lab(timings: Parameters<typeof launchLab>[0] = {}): Promise<LaunchLab> {
  const made = await launchLab(timings);
  await made.secrets.put({ ...ref, value, encoding: "text" });
  labs.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(labs.splice(0).map(({ launches }) => launches.dispose()));
});

const spec = (changes: Partial<LaunchSpec> = {}) =>
  hardSpec({ image: "gatehouse/inference-server:1", ...given(), ...changes });

async function outcome({ launches }: LaunchLab, id: string): Promise<LaunchView> {
  for await (const view of launches.watch(id)) if (view.state !== "running") return view;
  throw new Error("the watch ended before the launch");
}

async function launched(where: LaunchLab, changes: Partial<LaunchSpec> = {}): Promise<LaunchView> {
  const { launchId } = await where.launches.start(spec(changes));
  return outcome(where, launchId);
}

const states = (view: LaunchView) => view.steps.map(({ id, state }) => `${id} ${state}`);

/** The host is as it was, nothing is remembered, and nowhere is a byte of the value. */
function expectNothingLeft(where: LaunchLab, view: LaunchView): void {
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

function expectNoTraces(where: LaunchLab): void {
  const shown = JSON.stringify([where.launches.list(), where.rows, where.records()]);
  expect(tracesIn(shown, value)).toEqual([]);
  const keys = [...where.apiKeys.values()].map((secret) => secret.use((bytes) => bytes.toString()));
  for (const key of keys) expect(tracesIn(shown, key)).toEqual([]);
}

describe("a launch that goes well", () => {
  test("every step is done, audited and proven", async () => {
    const where = await lab();
    const view = await launched(where);
    expect(launchView.parse(view)).toEqual(view);
    expect({ state: view.state, problem: view.problem, leftBehind: view.leftBehind }).toEqual({
      state: "done",
      problem: null,
      leftBehind: [],
    });
    expect(states(view)).toEqual(stepIds.map((id) => `${id} done`));
    expect(view.proof).toMatchObject({ clean: true, secrets: ["HF_TOKEN", "AUTH_TOKEN"] });
    expect(proof.parse(view.proof)).toEqual(view.proof);
    expect(where.server.loads).toEqual([{ backend_class: "echo", engine_params: {}, env: { HF_TOKEN: value } }]);
    expect(where.rows.map(({ action, severity, outcome: end }) => `${action} ${severity} ${end}`)).toEqual([
      "container.launch.judge low success",
      "container.launch.check low success",
      "container.launch.secrets low success",
      "container.launch.network high success",
      "container.launch.create high success",
      "container.launch.start high success",
      "container.launch.ready high success",
      "container.launch.load high success",
      "container.launch.prove low success",
      "container.launch high success",
    ]);
    expect(new Set(where.rows.map(({ requestId }) => requestId))).toEqual(new Set([view.id]));
    expect(new Set(where.rows.map(({ target }) => target))).toEqual(new Set(["container:gpu-1/llm"]));
    expectNoTraces(where);
  });

  test("a step that waits for a channel says so with its place, and no longer than it does", async () => {
    const where = await lab();
    where.link.places = [3, 1, 0];
    const { launchId } = await where.launches.start(spec());
    const notes: string[] = [];
    for await (const { steps } of where.launches.watch(launchId)) {
      const note = steps.find(({ id }) => id === "prove")?.note ?? "";
      if (notes.at(-1) !== note) notes.push(note);
    }
    expect(notes).toEqual(["", "queued: 3", "queued: 1", "", expect.stringMatching(/^traces: 0 /)]);
  });

  test("the body that the engine got is pinned, labelled, and holds no value", async () => {
    const where = await lab();
    const view = await launched(where);
    const { body } = where.engine.container("llm");
    expect(body.Image).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(body.Labels).toMatchObject({
      "io.gatehouse.launch": view.id,
      "io.gatehouse.secrets": "production/HF_TOKEN",
    });
    expect(tracesIn(JSON.stringify(body), value)).toEqual([]);
    expect([...where.engine.networks]).toEqual([
      [
        `gatehouse-llm-${view.id.slice(-8)}`,
        { internal: true, labels: { "io.gatehouse.launch": view.id, "io.gatehouse.container": "llm" } },
      ],
    ]);
  });

  test("each start has a key of its own, of 256 bits, in a file of mode 0400 of the user", async () => {
    const where = await lab();
    await launched(where, { name: "one" });
    await launched(where, { name: "two" });
    const files = ["one", "two"].map((name) => where.engine.container(name).files.get("/run/secrets/auth_token"));
    const keys = files.map((file) => file?.bytes.toString() ?? "");
    expect(keys[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(keys[1]).not.toBe(keys[0]);
    expect([...where.apiKeys.values()].map((secret) => secret.use((bytes) => bytes.toString()))).toEqual(keys);
    expect(files.map((file) => [file?.mode, file?.uid])).toEqual([
      [0o400, "10001"],
      [0o400, "10001"],
    ]);
  });

  test("what was given is remembered with version, way and why", async () => {
    const where = await lab();
    const view = await launched(where);
    const id = view.containerId ?? "";
    expect(where.launches.recordOf(id)).toMatchObject({
      template: "chat-echo",
      kind: "chat",
      secrets: [
        {
          ref: { ...ref, version: 1 },
          delivery: "memory",
          why: "strongest-memory",
        },
      ],
      proof: { clean: true },
    });
    expect(where.launches.recordOf(id.slice(0, 12))).toEqual(where.launches.recordOf(id));
    expect(where.launches.recordOf("0".repeat(64))).toBeNull();
  });

  test("as a file when asked for", async () => {
    const where = await lab();
    const view = await launched(where, given("file"));
    expect(states(view)).toEqual(stepIds.map((id) => `${id} done`));
    expect(where.server.loads[0]?.env).toEqual({});
    expect(where.engine.container("llm").files.get("/run/secrets/HF_TOKEN")?.bytes.toString()).toBe(value);
    expect(view.proof?.clean).toBe(true);
  });

  test("an image without a server: no key, no load, files by its shell", async () => {
    const where = await lab();
    const view = await launched(where, { template: "plain", image: "busybox:1.37", model: null });
    expect(view.state).toBe("done");
    expect(states(view).filter((line) => line.endsWith("skipped"))).toEqual(["ready skipped", "load skipped"]);
    expect([...where.engine.container("llm").files.keys()]).toEqual(["/run/secrets/HF_TOKEN"]);
    expect(where.apiKeys.size).toBe(0);
  });

  test("an image that is not there is pulled, and stays", async () => {
    const where = await lab();
    const image = where.engine.store.get("gatehouse/inference-server:1");
    if (image === undefined) throw new Error("no image");
    where.engine.store.delete("gatehouse/inference-server:1");
    where.engine.registry.set("gatehouse/inference-server:1", image);
    const view = await launched(where);
    expect(view.state).toBe("done");
    expect(view.warnings).toEqual(["image-pulled: gatehouse/inference-server:1"]);
    expect(where.rows.find(({ action }) => action === "container.launch.pull")).toMatchObject({ severity: "high" });
  });

  test("a server that waits for its secrets gets them before it must be ready, its key last", async () => {
    const where = await lab();
    where.engine.store.set("vllm/vllm-openai:v0.14.0", {
      ...(where.engine.store.get("busybox:1.37") as never as object),
      id: `sha256:${"7".repeat(64)}`,
    } as never);
    const order: string[] = [];
    where.engine.onExec = (container, argv, { stdin }) => {
      if (stdin === undefined) return null;
      order.push(argv.at(-1) ?? "");
      container.files.set(argv.at(-1) ?? "", { bytes: Buffer.from(stdin), mode: 0o400, uid: "10001" });
      return 0;
    };
    const { launchId } = await where.launches.start(
      spec({ template: "vllm", image: "vllm/vllm-openai:v0.14.0", gpus: ["GPU-0000-1"], model: null }),
    );
    await until(() => order.length === 2);
    expect(order).toEqual(["/run/secrets/HF_TOKEN", "/run/secrets/auth_token"]);
    await where.launches.cancel(launchId);
    expect((await outcome(where, launchId)).state).toBe("cancelled");
  });
});

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

function failAt(hooks: LaunchLab["engine"]["before"], call: EngineCall, error: unknown): void {
  hooks.set(call, () => {
    throw error;
  });
}

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

describe("the room", () => {
  test("eight at once, and one of a name on a host", async () => {
    const where = await lab();
    where.server.fault = "never-ready";
    for (let n = 0; n < 8; n++) await where.launches.start(spec({ name: `llm-${n}` }));
    await expect(where.launches.start(spec({ name: "llm-8" }))).rejects.toMatchObject({
      code: "LIMIT_REACHED",
      details: { what: "launches", limit: 8 },
    });
    await where.launches.dispose();
    expect(where.launches.list().map(({ state }) => state)).toEqual(Array(8).fill("cancelled"));
    expect(where.engine.all.size).toBe(0);
  });

  test("two launches with one name", async () => {
    const where = await lab();
    where.server.fault = "never-ready";
    await where.launches.start(spec());
    await expect(where.launches.start(spec())).rejects.toMatchObject({ code: "NAME_TAKEN" });
  });

  test.each<[name: string, changes: Partial<LaunchSpec>, code: string]>([
    ["template", { template: "nothing" }, "NOT_FOUND"],
    ["host", { hostId: "gpu-9" }, "HOST_UNKNOWN"],
  ])("unknown %s", async (_name, changes, code) => {
    const where = await lab();
    await expect(where.launches.start(spec(changes))).rejects.toMatchObject({ code });
    await expect(where.launches.plan(spec(changes))).rejects.toMatchObject({ code });
  });

  test("fifty that ended are kept, newest first", async () => {
    const where = await lab();
    for (let n = 0; n < 52; n++) await launched(where, { name: `llm-${n}`, privileged: true });
    const names = where.launches.list().map(({ name }) => name);
    expect([names.length, names[0], names.at(-1)]).toEqual([50, "llm-51", "llm-2"]);
  });

  test("a watch begins with what is, and ends with the launch", async () => {
    const where = await lab();
    const { launchId } = await where.launches.start(spec());
    const seen: LaunchView["state"][] = [];
    for await (const { state } of where.launches.watch(launchId)) seen.push(state);
    expect(seen[0]).toBe("running");
    expect(seen.at(-1)).toBe("done");
    const again: LaunchView["state"][] = [];
    for await (const { state } of where.launches.watch(launchId)) again.push(state);
    expect(again).toEqual(["done"]);
    expect(where.changes()).toBeGreaterThan(10);
  });
});

describe("plan", () => {
  test("judges with what is known, and asks the host nothing", async () => {
    const where = await lab();
    const planned = await where.launches.plan(spec());
    expect(plan.parse(planned)).toEqual(planned);
    expect({ score: planned.score, allowed: planned.allowed }).toEqual({ score: 100, allowed: true });
    expect(planned.command).toContain("# secret production/HF_TOKEN → memory of the model server");
    expect(where.engine.calls).toEqual([]);
  });

  test("shows the stored value of a secret nowhere, wherever it was typed", async () => {
    const where = await lab();
    const planned = await where.launches.plan(spec({ env: { GREETING: value }, command: ["--say", value] }));
    expect(planned.allowed).toBe(false);
    expect(planned.findings.filter(({ status }) => status === "fail").map(({ rule }) => rule)).toEqual([
      "env-secrets",
      "command-secrets",
    ]);
    expect(tracesIn(JSON.stringify(planned), value)).toEqual([]);
  });

  test("knows the host's GPUs and names", async () => {
    const where = await lab();
    where.host.containerNames = ["llm"];
    const planned = await where.launches.plan(spec({ gpus: ["GPU-0000-9"] }));
    expect(planned.findings.filter(({ status }) => status === "fail").map(({ rule }) => rule)).toEqual([
      "name-free",
      "gpu-known",
    ]);
  });
});

describe("afterwards", () => {
  test("a restart empties its memory: new key, newest version, model, proof", async () => {
    const where = await lab();
    const view = await launched(where);
    const id = view.containerId ?? "";
    const firstKey = where.engine.container(id).files.get("/run/secrets/auth_token")?.bytes.toString();
    await where.secrets.put({ ...ref, value: "another value, longer than before", encoding: "text" });
    await where.engine.restart(id);
    await where.launches.reinject("gpu-1", id);
    const secondKey = where.engine.container(id).files.get("/run/secrets/auth_token")?.bytes.toString();
    expect(secondKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(secondKey).not.toBe(firstKey);
    expect(where.server.loads.at(-1)?.env).toEqual({ HF_TOKEN: "another value, longer than before" });
    expect(where.launches.recordOf(id)?.secrets[0]?.ref.version).toBe(2);
    expect(where.rows.slice(-4).map(({ action }) => action)).toEqual([
      "container.reinject.secrets",
      "container.reinject.ready",
      "container.reinject.load",
      "container.reinject.prove",
    ]);
    expectNoTraces(where);
  });

  test("a restart that goes wrong rejects, and leaves the container", async () => {
    const where = await lab();
    const view = await launched(where);
    const id = view.containerId ?? "";
    await where.engine.restart(id);
    where.server.fault = "500";
    await expect(where.launches.reinject("gpu-1", id)).rejects.toMatchObject({ code: "SERVER_ERROR" });
    expect(where.engine.container(id).state).toBe("running");
  });

  test("a container that is not ours is left alone", async () => {
    const where = await lab();
    const { id } = await where.engine.create("other", { Image: "busybox:1.37", HostConfig: {} });
    const before = where.engine.calls.length;
    await where.launches.reinject("gpu-1", id);
    expect(where.engine.calls.length).toBe(before);
  });

  test("prove finds what leaked since, and keeps the proof", async () => {
    const where = await lab();
    const view = await launched(where);
    const id = view.containerId ?? "";
    where.engine.container(id).log.push(Buffer.from(`oops ${value}\n`));
    const found = await where.launches.prove("gpu-1", id);
    expect(found.clean).toBe(false);
    expect(found.places.find(({ place }) => place === "logs")?.hits).toContainEqual({
      secret: "HF_TOKEN",
      encoding: "raw",
    });
    expect(where.launches.recordOf(id)?.proof).toEqual(found);
    expectNoTraces(where);
  });

  test("forget takes key, network and record", async () => {
    const where = await lab();
    const view = await launched(where);
    const id = view.containerId ?? "";
    await where.engine.remove(id, { force: true });
    await where.launches.forget("gpu-1", id);
    expectNothingLeft(where, view);
  });
});
