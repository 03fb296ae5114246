/**
 * The main job as a person does it, over nothing but the contract: the same steps run against the practice fleet and
 * against real parts, over every transport. What differs between them is a defect of the practice fleet.
 */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type {
  ContainerRow,
  LaunchSpec,
  LaunchView,
  LogHead,
  LogLine,
  Template,
} from "../../../electron/contract/index.ts";
import type { Client } from "../../../renderer/client/index.ts";
import { windowOf } from "../../helpers/logRows.ts";
import { until } from "../../helpers/until.ts";

export interface MainJob {
  client: Client;
  hostId: string;
  /** UUID of a GPU to give, where the host has any. */
  gpu: string | null;
  image: string;
  /** What the two secrets hold, for whoever looks for traces meanwhile; made up when left out. */
  values?: { memory: string; file: string };
}

export function canary(): string {
  return `hf_${randomBytes(24).toString("base64url")}/+="é`;
}

export async function specOf(
  client: Client,
  job: Pick<MainJob, "hostId" | "gpu" | "image">,
  template: string,
  name: string,
): Promise<LaunchSpec> {
  const templates = await client.containers.templates({ hostId: job.hostId });
  const found = templates.find((each: Template) => each.id === template);
  if (found === undefined) throw new Error(`no template ${template} in ${templates.map((each) => each.id).join(", ")}`);
  return { ...found.spec, hostId: job.hostId, name, image: job.image, gpus: job.gpu === null ? [] : [job.gpu] };
}

export async function watchLaunch(client: Client, launchId: string, limitMs = 60_000): Promise<LaunchView> {
  const signal = AbortSignal.timeout(limitMs);
  let last: LaunchView | null = null;
  for await (const view of await client.launches.watch({ launchId }, { signal })) {
    last = view;
    if (view.state !== "running") return view;
  }
  throw new Error(`launch did not finish: ${JSON.stringify(last)}`);
}

export async function online(client: Client, hostId: string): Promise<void> {
  await until(async () => (await client.hosts.get({ hostId })).link.phase === "online", { timeoutMs: 20_000 });
  await until(async () => (await client.hosts.get({ hostId })).engine !== null, { timeoutMs: 20_000 });
}

/** Waits for a line that `wanted` accepts and returns all that were read by then. */
export async function readLog(
  client: Client,
  at: { hostId: string; containerId: string },
  wanted: (lines: LogLine[]) => boolean,
): Promise<{ lines: LogLine[]; head: LogHead }> {
  const { bufferId } = await client.logs.open({ sources: [{ kind: "container", ...at }] });
  const signal = AbortSignal.timeout(20_000);
  let lines: LogLine[] = [];
  try {
    for await (const head of await client.logs.watch({ bufferId }, { signal })) {
      lines = (await windowOf(client, { bufferId, from: head.first, count: 2000 })).lines;
      if (wanted(lines)) return { lines, head };
    }
  } catch (error) {
    throw new Error(`the log never held what was waited for; it holds:\n${lines.map((line) => line.text).join("\n")}`, {
      cause: error,
    });
  } finally {
    await client.logs.close({ bufferId });
  }
  throw new Error("the log ended early");
}

/** Steps 3 to 9 of a newcomer's first hour. Returns the secrets' values, so that the caller can look for traces of them. */
export async function doMainJob(job: MainJob): Promise<{ values: string[]; containerId: string }> {
  const { client, hostId } = job;
  const { memory: value, file: fileValue } = job.values ?? { memory: canary(), file: canary() };
  const name = `llm-${randomBytes(4).toString("hex")}`;

  // 3. The host is online and says since when, with its engine.
  await online(client, hostId);
  const host = await client.hosts.get({ hostId });
  expect(host.link.since).toBeGreaterThan(0);
  expect(host.engine?.apiVersion).toMatch(/^1\.\d+$/);
  if (job.gpu !== null) expect(host.gpus.find((gpu) => gpu.uuid === job.gpu)?.memoryTotalMiB).toBeGreaterThan(0);

  // 4. A secret goes in and does not come out.
  const { version } = await client.secrets.put({
    environment: "development",
    name: "HF_TOKEN",
    value,
    encoding: "text",
  });
  const listed = (await client.secrets.list({ environment: "development" })).find((row) => row.name === "HF_TOKEN");
  expect(listed).toMatchObject({ environment: "development", name: "HF_TOKEN", version, weak: false });
  expect(JSON.stringify(listed)).not.toContain(value);

  await client.secrets.put({ environment: "development", name: "S3_KEY", value: fileValue, encoding: "text" });

  // 5. The plan is clean, its command holds references; the launch goes through every step.
  const spec: LaunchSpec = {
    ...(await specOf(client, job, "chat-echo", name)),
    secrets: [
      { ref: { environment: "development", name: "HF_TOKEN" }, delivery: "memory" },
      { ref: { environment: "development", name: "S3_KEY" }, delivery: "file" },
    ],
  };
  const plan = await client.containers.plan(spec);
  expect(
    plan.findings.filter(
      (finding) => finding.status !== "pass" && (finding.severity === "critical" || finding.severity === "high"),
    ),
  ).toEqual([]);
  expect(plan.allowed).toBe(true);
  expect(plan.command).toContain("--cap-drop");
  expect(plan.command).toContain("HF_TOKEN");
  expect(plan.command).not.toContain(value);
  const { launchId } = await client.containers.launch(spec);
  const launch = await watchLaunch(client, launchId);
  expect({
    state: launch.state,
    problem: launch.problem,
    steps: launch.steps.map((step) => [step.id, step.state]),
  }).toEqual({
    state: "done",
    problem: null,
    steps: ["judge", "check", "secrets", "network", "create", "start", "ready", "inject", "load", "prove"].map((id) => [
      id,
      "done",
    ]),
  });
  expect(launch.proof).toMatchObject({ clean: true, secrets: expect.arrayContaining(["HF_TOKEN", "S3_KEY"]) });
  expect(launch.proof?.places.filter((place) => place.looked).map((place) => place.place)).toEqual(
    expect.arrayContaining(["inspect", "environment", "argv", "history", "labels", "logs"]),
  );
  const containerId = launch.containerId as string;

  // 6. It is in the list with state, score, secrets and proof.
  const row = await rowOf(client, hostId, containerId);
  expect(row).toMatchObject({
    name,
    state: "running",
    managed: true,
    kind: "chat",
    secrets: [
      { ref: { environment: "development", name: "HF_TOKEN", version }, delivery: "memory", current: true },
      { ref: { environment: "development", name: "S3_KEY" }, delivery: "file", current: true },
    ],
    proof: { clean: true, traces: 0 },
  });
  expect(row?.score).toBeGreaterThanOrEqual(90);
  expect(
    (await client.secrets.list({})).find((each) => each.name === "HF_TOKEN" && each.environment === "development")
      ?.usedBy,
  ).toMatchObject([{ containerName: name, current: true }]);

  // 7. The log shows the server's own masked line.
  const { lines } = await readLog(client, { hostId, containerId }, (all) =>
    all.some((line) => line.text.includes("Set environment variable")),
  );
  expect(lines.map((line) => line.text)).toContain("INFO:api_wrapper: Set environment variable: HF_TOKEN=********");

  // 8. It answers through the tunnel.
  const answer = await client.inference.chat({
    hostId,
    containerId,
    messages: [{ role: "user", content: "hello there" }],
    maxTokens: 64,
  });
  expect(answer.answer).toContain("hello there");
  expect(answer.latencyMs).toBeGreaterThan(0);

  // After a restart its memory is empty; it gets everything again and answers.
  await client.containers.restart({ hostId, containerId });
  await until(
    async () =>
      client.inference.chat({ hostId, containerId, messages: [{ role: "user", content: "again" }], maxTokens: 8 }).then(
        () => true,
        () => false,
      ),
    { timeoutMs: 30_000 },
  );

  // 9. Proved again on demand, stopped, removed by name; all of it is in the audit log, whose chain is whole.
  expect(await client.containers.prove({ hostId, containerId })).toMatchObject({ clean: true });
  await client.containers.stop({ hostId, containerId });
  await expect(client.containers.remove({ hostId, containerId, confirm: "something-else" })).rejects.toMatchObject({
    code: "BAD_INPUT",
  });
  await client.containers.remove({ hostId, containerId, confirm: name });
  await until(async () => (await rowOf(client, hostId, containerId)) === undefined, { timeoutMs: 10_000 });
  const audit = await client.audit.page({ limit: 500 });
  for (const action of [
    "secret.put",
    "container.launch",
    "container.prove",
    "container.stop",
    "container.remove",
    "inference.chat",
  ]) {
    expect(
      audit.rows.some((each) => each.action === action && each.outcome === "success"),
      `audit has ${action}`,
    ).toBe(true);
  }
  expect(await client.audit.verify()).toMatchObject({ verdict: "whole", damage: [] });
  return { values: [value, fileValue], containerId };
}

export async function rowOf(client: Client, hostId: string, containerId: string): Promise<ContainerRow | undefined> {
  const { rows } = await client.containers.list({ hostId });
  return rows.find((row) => row.id === containerId);
}
