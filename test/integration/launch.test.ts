/** Launches on the real Docker Engine: each promise of the hardening policy, asked from inside the container. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LaunchSpec, LaunchView } from "../../electron/contract/containers.ts";
import { createEngine, type Engine } from "../../electron/core/docker/index.ts";
import { judgeContainer } from "../../electron/core/hardening/index.ts";
import { createModelAccess } from "../../electron/core/inference/index.ts";
import { systemClock } from "../../electron/core/node.ts";
import { createLocalLink, type HostLink } from "../../electron/core/ssh/index.ts";
import { busyboxImage, busyboxTag, engineCall, type LabDockerd, mustSkip, startDockerd } from "../helpers/lab/index.ts";
import { buildInferenceImage, inferenceImage } from "../helpers/lab/inferenceImage.ts";
import { type LaunchesOver, launchesOver } from "../helpers/launchLab.ts";
import { tracesIn } from "../helpers/traces.ts";

const value = `hf_${randomBytes(24).toString("base64url")}/+="é`;
const ref = { environment: "production", name: "HF_TOKEN" };

describe.skipIf(mustSkip("launches on Docker Engine", "dockerd", "busybox"))("on the real engine", () => {
  let dockerd: LabDockerd;
  let engine: Engine;
  let link: HostLink;
  let lab: LaunchesOver;
  const clock = systemClock();

  beforeAll(async () => {
    dockerd = await startDockerd();
    await Promise.all([busyboxImage(dockerd.socket), buildInferenceImage(dockerd.socket)]);
    link = createLocalLink({ hostId: "gpu-1", env: { PATH: process.env.PATH }, clock });
    engine = createEngine({ link, clock, socketPath: dockerd.socket });
    lab = await launchesOver(engine, link);
    await lab.secrets.put({ ...ref, value, encoding: "text" });
  });
  afterAll(async () => {
    await lab?.launches.dispose();
    await engine?.dispose();
    await link?.dispose();
    await dockerd?.stop();
  });

  async function launched(template: string, name: string, changes: Partial<LaunchSpec> = {}): Promise<LaunchView> {
    const templates = JSON.parse(
      readFileSync(new URL(`../../assets/templates/${template}.json`, import.meta.url), "utf8"),
    ) as { spec: LaunchSpec };
    const spec: LaunchSpec = { ...templates.spec, hostId: "gpu-1", name, environment: "production", ...changes };
    const { launchId } = await lab.launches.start(spec);
    for await (const view of lab.launches.watch(launchId)) if (view.state !== "running") return view;
    throw new Error("the watch ended early");
  }

  const given = (delivery: "auto" | "file" = "auto") => ({ secrets: [{ ref, delivery }] });

  async function inside(id: string, script: string): Promise<string> {
    const { stdout, stderr } = await engine.exec(id, ["sh", "-c", script], { user: "65534:65534" });
    return `${stdout}${stderr}`.trim();
  }

  describe("a container without a server", () => {
    let id = "";
    beforeAll(async () => {
      const view = await launched("plain", "plain-1", { image: busyboxTag, ...given("file") });
      expect({ state: view.state, problem: view.problem }).toEqual({ state: "done", problem: null });
      id = view.containerId ?? "";
      expect(view.proof?.clean).toBe(true);
      expect(view.proof?.places.filter(({ looked }) => !looked)).toEqual([]);
    });

    test("what the engine says of it passes every rule", async () => {
      const { findings, score } = judgeContainer(await engine.inspect(id));
      expect(findings.filter(({ status }) => status !== "pass").map(({ rule }) => rule)).toEqual([]);
      expect(score).toBe(100);
    });

    test.each<[promise: string, script: string, expected: RegExp]>([
      ["user", "id -u; id -g; id -G", /^65534\n65534\n65534$/],
      ["no capabilities", "grep -h ^Cap /proc/1/status /proc/self/status | sort -u", /^(Cap\w+:\t0{16}\n?){5}$/],
      ["no new privileges", "grep NoNewPrivs /proc/self/status", /:\t1$/],
      ["seccomp filters", "grep ^Seccomp: /proc/self/status", /:\t2$/],
      ["read-only root", "touch /x", /Read-only file system/],
      ["its mount says so", "grep ' / ' /proc/mounts", / ro[, ]/],
      ["tmp can be written", "echo x > /tmp/x && cat /tmp/x", /^x$/],
      ["and not executed", "printf '#!/bin/sh\\n' > /tmp/e; chmod +x /tmp/e; /tmp/e", /[Pp]ermission denied/],
      ["tmp is sized", "dd if=/dev/zero of=/tmp/big bs=1M count=80 2>&1; rm -f /tmp/big", /No space left/],
      [
        "its mounts",
        "grep -E ' /(tmp|run|run/secrets) ' /proc/mounts | sort",
        /^(\S+ \S+ tmpfs \S*nosuid,nodev,noexec\S* 0 0\n?){3}$/,
      ],
      ["an init reaps", "cat /proc/1/comm", /init|tini/],
      ["core dumps", "ulimit -c", /^0$/],
      ["kernel settings are not for it", "echo 1 > /proc/sys/kernel/panic", /Read-only|denied/],
      ["one network beside the loopback", "ls /sys/class/net | grep -vc lo", /^1$/],
      ["the secret's file", "ls -lan /run/secrets | grep HF_TOKEN", /^-r--------\s+1 65534\s+65534/],
      ["its folder", "ls -lad /run/secrets", /^drwx------/],
    ])("%s", async (_promise, script, expected) => {
      expect(await inside(id, script)).toMatch(expected);
    });

    test("the file holds the value, and nothing else on the host does", async () => {
      expect(await inside(id, "cat /run/secrets/HF_TOKEN")).toBe(value);
      expect(tracesIn(JSON.stringify((await engine.inspect(id)).raw), value)).toEqual([]);
    });

    test("its limits are the kernel's", async () => {
      const { hostConfig } = await engine.inspect(id);
      expect(hostConfig).toMatchObject({
        Memory: 256 * 2 ** 20,
        MemorySwap: 256 * 2 ** 20,
        PidsLimit: 64,
        NanoCpus: 5e8,
      });
    });

    test("a restart takes the file away; reinject brings it back", async () => {
      await engine.restart(id);
      expect(await inside(id, "ls /run/secrets")).toBe("");
      await lab.launches.reinject("gpu-1", id);
      expect(await inside(id, "cat /run/secrets/HF_TOKEN")).toBe(value);
    });
  });

  describe("the reference server", () => {
    let id = "";
    beforeAll(async () => {
      const view = await launched("chat-echo", "chat-1", { image: inferenceImage, ...given() });
      expect({ state: view.state, problem: view.problem, warnings: view.warnings }).toEqual({
        state: "done",
        problem: null,
        warnings: [],
      });
      expect(view.proof).toMatchObject({ clean: true, secrets: ["HF_TOKEN", "AUTH_TOKEN"] });
      expect(view.proof?.places.every(({ looked }) => looked)).toBe(true);
      id = view.containerId ?? "";
    });

    const models = () =>
      createModelAccess({
        engineOf: () => engine,
        linkOf: () => link,
        profileOf: (template) => lab.launches.profileOf(template),
        apiKeys: lab.keys,
        mask: lab.masker,
        clock,
      });

    test("answers through the link, masked", async () => {
      const result = await models().chat({
        hostId: "gpu-1",
        containerId: id,
        messages: [{ role: "user", content: `my token is ${value}` }],
        maxTokens: 50,
      });
      expect(result.answer).toContain("You said: my token is");
      expect(tracesIn(result.answer, value)).toEqual([]);
    });

    test("publishes no port, and its network is internal and its own", async () => {
      const { addresses, ports } = await engine.inspect(id);
      expect(ports["8000/tcp"] ?? []).toEqual([]);
      const [network = ""] = Object.keys(addresses);
      const { status, body } = await engineCall(dockerd.socket, "GET", `/networks/${network}`);
      const { Internal, Containers } = JSON.parse(body.toString()) as { Internal: boolean; Containers: object };
      expect([status, Internal, Object.keys(Containers)]).toEqual([200, true, [id]]);
    });

    test("another container cannot reach it, the host can", async () => {
      const address = Object.values((await engine.inspect(id)).addresses)[0] ?? "";
      const other = (await engine.containers()).find(({ name }) => name === "plain-1")?.id ?? "";
      const connects = (port: number) => inside(other, `nc -w 3 ${address} ${port} < /dev/null > /dev/null; echo $?`);
      expect(await connects(8000)).not.toMatch(/^0$/m);
      expect(await (await fetch(`http://${address}:8000/health`)).json()).toEqual({ status: "ok" });
      // The same program does connect where it may: to a listener of its own.
      const own = "nc -l -p 8000 -e true & sleep 0.3; nc -w 3 127.0.0.1 8000 < /dev/null; echo $?";
      expect(await inside(other, own)).toMatch(/^0$/m);
    });

    test("a proof on demand stays clean", async () => {
      expect((await lab.launches.prove("gpu-1", id)).clean).toBe(true);
    });
  });

  test("the ONNX template answers tensors", async () => {
    const view = await launched("classifier-onnx", "onnx-1", { image: inferenceImage });
    expect({ state: view.state, problem: view.problem }).toEqual({ state: "done", problem: null });
  });

  test("a container that dies at start is explained, and all is undone", async () => {
    const view = await launched("plain", "dies-1", {
      image: busyboxTag,
      command: ["sh", "-c", "echo cannot open the model; exit 3"],
    });
    expect(view.problem).toMatchObject({
      code: "CONTAINER_DIED",
      details: { exitCode: 3, lastLines: expect.stringContaining("cannot open the model") },
    });
    await expectGone("dies-1", view);
  });

  test("a GPU without the toolkit is refused before anything is made", async () => {
    const view = await launched("plain", "gpu-1", { image: busyboxTag, gpus: ["GPU-0000-1"] });
    expect(view.problem?.code).toBe("GPU_RUNTIME_MISSING");
    await expectGone("gpu-1", view);
  });

  test("a folder that is not there is not made", async () => {
    const view = await launched("plain", "path-1", {
      image: busyboxTag,
      mounts: [{ source: "/srv/gatehouse-no-such-folder", target: "/data", readOnly: true }],
    });
    expect(view.problem?.code).toBe("HOST_PATH_MISSING");
    await expectGone("path-1", view);
  });

  test("a value in the container's log is found, and the launch undone", async () => {
    const view = await launched("leaky", "leaky-1", { image: inferenceImage, ...given() });
    expect(view.problem).toEqual({ code: "POLICY_DENIED", details: { rules: "practice-only", count: 1 } });
    const loud = await launched("chat-echo", "loud-1", {
      image: inferenceImage,
      ...given(),
      model: { backend: "echo", engineParams: { print_canary: true } },
    });
    expect(loud.problem).toMatchObject({ code: "EXPOSURE_FOUND", details: { places: "logs" } });
    await expectGone("loud-1", loud);
  });

  async function expectGone(name: string, view: LaunchView): Promise<void> {
    expect(view.leftBehind).toEqual([]);
    expect((await engine.containers()).filter((each) => each.name === name)).toEqual([]);
    expect(tracesIn(JSON.stringify([view, lab.rows]), value)).toEqual([]);
  }
});
