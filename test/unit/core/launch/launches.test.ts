import { describe, expect, test } from "vitest";
import type { LaunchSpec, LaunchView } from "../../../../electron/contract/containers.ts";
import { launchView, plan, proof } from "../../../../electron/contract/containers.ts";
import { tracesIn } from "../../../helpers/traces.ts";
import { until } from "../../../helpers/until.ts";
import {
  expectNoTraces,
  expectNothingLeft,
  given,
  lab,
  launched,
  outcome,
  ref,
  spec,
  states,
  stepIds,
  value,
} from "./setup.ts";

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
