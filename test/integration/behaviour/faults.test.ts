/** What goes wrong during a launch on the practice fleet: each time a clear error, everything undone, a whole audit. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LaunchSpec, LaunchStepId, LaunchView, PracticeFaultName } from "../../../electron/contract/index.ts";
import {
  auditOf,
  type EngineCaller,
  gapsIn,
  practiceEngine,
  remainsOn,
  watchUntilStep,
} from "../../helpers/behaviour.ts";
import { openCore, type TestCore } from "../../helpers/core.ts";
import { type Client, openDoor } from "../../helpers/doors.ts";
import { recording } from "../../helpers/recording.ts";
import { tracesIn, tracesInFolder } from "../../helpers/traces.ts";
import { until } from "../../helpers/until.ts";
import { canary, online, specOf, watchLaunch } from "./mainJob.ts";

type HostName = "orion" | "vega";
const image = "gatehouse/inference-server:1";
const today = new Date();
const inAWeek = new Date(today.getTime() + 7 * 86_400_000).toISOString().slice(0, 10);
const lastGpu = "GPU-6f0c1a52-8f0e-4b0b-9a51-2f1d7c3e0a11";
const vegaGpu = "GPU-2c9f7d44-51c6-43b1-8e0d-64a0cf1be201";

interface Row {
  what: string;
  host?: HostName;
  /** On before the launch starts, off when it has ended. */
  faults?: PracticeFaultName[];
  spec?: Partial<LaunchSpec>;
  /** Done when this step begins. */
  during?: [LaunchStepId, (launch: LaunchView) => Promise<unknown>];
  ends: {
    state: "failed" | "cancelled";
    at: LaunchStepId;
    problem: { code: string; details: Record<string, unknown> };
  };
}

const outcomes = new Map<unknown, string>([
  ["CANCELLED", "cancelled"],
  ["POLICY_DENIED", "denied"],
]);

let running: TestCore;
let client: Client;
let said: () => string;
const value = canary();
const engines = new Map<HostName, { call: EngineCaller; close(): Promise<void> }>();

const fault = (name: PracticeFaultName, on: boolean, hostId: HostName = "orion") =>
  client.practice.fault({ hostId, fault: name, on });
const cancel = ({ id }: LaunchView) => client.launches.cancel({ launchId: id });
/** A call that was under way when the line broke tells it by one of these, by where it stood. */
const lineLost = /^HOST_(OFFLINE|REFUSED|UNREACHABLE)$/;
const failed = (at: LaunchStepId, code: string | RegExp, details: Record<string, unknown> = {}): Row["ends"] => ({
  state: "failed",
  at,
  problem: {
    code: typeof code === "string" ? code : expect.stringMatching(code),
    details: expect.objectContaining(details) as Record<string, unknown>,
  },
});
const cancelled = (at: LaunchStepId): Row["ends"] => ({
  state: "cancelled",
  at,
  problem: { code: "CANCELLED", details: {} },
});
/** Off again when the console has begun to take things back: as when somebody restarts the engine. */
const passing = async (name: PracticeFaultName, { id }: LaunchView) => {
  await fault(name, true);
  await until(
    async () =>
      (await client.launches.list()).find((launch) => launch.id === id)?.steps.some(({ state }) => state === "failed"),
    { timeoutMs: 30_000, what: "the launch has failed" },
  );
  await fault(name, false);
  // The time until the next try has grown with each cut; here nobody wants to wait for it.
  running.core.wake();
};

beforeAll(async () => {
  running = await openCore({ practice: true, launchTimings: { stepMs: { ready: 6_000 } } });
  ({ client, said } = recording((await openDoor("in-process", running.core)).client));
  for (const host of ["orion", "vega"] as const) {
    await online(client, host);
    engines.set(host, await practiceEngine(client, host));
  }
  await until(async () => (await client.hosts.get({ hostId: "orion" })).gpus.length === 2);
  await client.secrets.put({ environment: "development", name: "HF_TOKEN", value, encoding: "text" });
});

afterAll(async () => {
  for (const engine of engines.values()) await engine.close();
  await running?.close();
});

async function specFor(row: Row): Promise<LaunchSpec> {
  const hostId = row.host ?? "orion";
  const name = `fault-${randomBytes(4).toString("hex")}`;
  const base = await specOf(client, { hostId, gpu: null, image }, row.spec?.template ?? "chat-echo", name);
  return {
    ...base,
    secrets: [{ ref: { environment: "development", name: "HF_TOKEN" }, delivery: "memory" }],
    ...row.spec,
  };
}

async function launchWith(row: Row): Promise<LaunchView> {
  const { launchId } = await client.containers.launch(await specFor(row));
  return row.during === undefined
    ? await watchLaunch(client, launchId)
    : await watchUntilStep(client, launchId, ...row.during);
}

const stateOf = async (host: HostName) => remainsOn((engines.get(host) as { call: EngineCaller }).call);
const keysOf = () =>
  [...running.test.keyring.entries].map(([service, accounts]) => `${service}: ${[...accounts.keys()]}`);

const rows: Row[] = [
  {
    what: "the engine is stopped while the container is created, and comes back",
    faults: ["link-slow"],
    during: ["create", (launch) => passing("engine-stopped", launch)],
    ends: failed("create", "ENGINE_UNAVAILABLE"),
  },
  {
    what: "the engine is stopped while the server starts, and comes back",
    faults: ["server-hangs"],
    during: ["ready", (launch) => passing("engine-stopped", launch)],
    ends: failed("ready", "ENGINE_UNAVAILABLE"),
  },
  {
    what: "SSH is cut while the host is checked",
    faults: ["link-slow"],
    during: ["check", (launch) => passing("link-drop", launch)],
    ends: failed("check", lineLost),
  },
  {
    what: "SSH is cut while the container is created",
    faults: ["link-slow"],
    during: ["create", (launch) => passing("link-drop", launch)],
    ends: failed("create", lineLost),
  },
  {
    what: "SSH is cut while the server starts",
    faults: ["server-hangs"],
    during: ["ready", (launch) => passing("link-drop", launch)],
    ends: failed("ready", lineLost),
  },
  { what: "the disk is full", faults: ["disk-full"], ends: failed("create", "DISK_FULL") },
  {
    what: "the image is missing",
    spec: { image: "gatehouse/no-such-image:7" },
    ends: failed("check", "IMAGE_NOT_FOUND", { image: "gatehouse/no-such-image:7" }),
  },
  {
    what: "a GPU that the host does not have",
    spec: { gpus: ["GPU-00000000-0000-4000-8000-000000000000"] },
    ends: failed("check", "GPU_NOT_FOUND", { gpu: "GPU-00000000-0000-4000-8000-000000000000" }),
  },
  {
    what: "a GPU that has fallen off the bus",
    faults: ["gpu-lost"],
    spec: { gpus: [lastGpu] },
    ends: failed("start", "GPU_NOT_FOUND"),
  },
  {
    what: "no GPU toolkit",
    host: "vega",
    spec: { gpus: [vegaGpu] },
    ends: failed("check", "GPU_RUNTIME_MISSING", { host: "vega" }),
  },
  {
    what: "a port that somebody has",
    spec: {
      network: "bridge",
      publish: [{ address: "127.0.0.1", hostPort: 8081, containerPort: 8000 }],
      relaxations: [{ rule: "network-isolated", reason: "the test wants a port", until: inAWeek }],
    },
    ends: failed("start", "PORT_TAKEN", { port: 8081 }),
  },
  {
    what: "a name that somebody has",
    spec: { name: "embedder" },
    ends: failed("check", "NAME_TAKEN", { name: "embedder" }),
  },
  {
    what: "the container dies at start",
    faults: ["dies-at-start"],
    ends: failed("ready", "CONTAINER_DIED", { exitCode: 1 }),
  },
  { what: "the server answers 500", faults: ["server-500"], ends: failed("load", "SERVER_ERROR", { status: 500 }) },
  {
    what: "the server answers 422 with an echo",
    faults: ["server-422-echo"],
    ends: failed("load", "SERVER_REFUSED_INPUT", { status: 422 }),
  },
  {
    what: "the server is never ready",
    faults: ["server-hangs"],
    ends: failed("ready", "SERVER_NOT_READY"),
  },
  {
    what: "an unknown secret",
    spec: { secrets: [{ ref: { environment: "development", name: "NO_SUCH" }, delivery: "memory" }] },
    ends: failed("judge", "SECRET_NOT_FOUND", { secret: "development/NO_SUCH" }),
  },
  {
    what: "the policy says no",
    spec: { privileged: true },
    ends: failed("judge", "POLICY_DENIED", { rules: "not-privileged" }),
  },
  {
    what: "cancelled while the host is checked",
    faults: ["link-slow"],
    during: ["check", cancel],
    ends: cancelled("check"),
  },
  {
    what: "cancelled while the container is created",
    faults: ["link-slow"],
    during: ["create", cancel],
    ends: cancelled("create"),
  },
  {
    what: "cancelled while the container starts",
    faults: ["link-slow"],
    during: ["start", cancel],
    ends: cancelled("start"),
  },
  {
    what: "cancelled while the server starts",
    faults: ["server-hangs"],
    during: ["ready", cancel],
    ends: cancelled("ready"),
  },
  { what: "cancelled while it proves", faults: ["link-slow"], during: ["prove", cancel], ends: cancelled("prove") },
];

describe("a launch on the practice fleet when", () => {
  test.each(rows)("$what", async (row) => {
    const host = row.host ?? "orion";
    const before = { ...(await stateOf(host)), keys: keysOf() };
    for (const name of row.faults ?? []) await fault(name, true, host);
    const launch = await launchWith(row);
    for (const name of row.faults ?? []) await fault(name, false, host);

    expect({
      state: launch.state,
      at: launch.steps.find(({ state }) => state === "failed")?.id,
      problem: launch.problem,
      leftBehind: launch.leftBehind,
      containerId: launch.containerId,
    }).toEqual({ ...row.ends, leftBehind: [], containerId: null });
    expect({ ...(await stateOf(host)), keys: keysOf() }).toEqual(before);
    const listed = await until(
      async () => {
        const { rows: all, problems } = await client.containers.list({ hostId: host });
        return problems.length === 0 ? all : null;
      },
      { timeoutMs: 15_000 },
    );
    expect(listed.map(({ name, id }) => `/${name} ${id}`).sort()).toEqual(before.containers);

    const audit = await auditOf(client, launch.id);
    expect(gapsIn(audit)).toEqual([]);
    expect(audit.filter(({ action }) => action === `container.launch.${row.ends.at}`).at(-1)).toMatchObject({
      outcome: outcomes.get(row.ends.problem.code) ?? "failure",
      errorCode: row.ends.problem.code,
    });
  });

  test("nothing at all, a launch works as before", async () => {
    const { launchId } = await client.containers.launch(
      await specFor({ what: "", ends: cancelled("judge"), spec: { gpus: [lastGpu] } }),
    );
    const launch = await watchLaunch(client, launchId);
    expect({ state: launch.state, problem: launch.problem, traces: launch.proof?.clean }).toEqual({
      state: "done",
      problem: null,
      traces: true,
    });
    const containerId = launch.containerId as string;
    await client.containers.remove({ hostId: "orion", containerId, confirm: launch.name });
  });

  test("none of it has left a trace of the secret, a gap in the audit or a bug", async () => {
    expect(await client.audit.verify()).toMatchObject({ verdict: "whole", damage: [] });
    expect({ traffic: tracesIn(said(), value), files: tracesInFolder(running.test.ports.paths.data, value) }).toEqual({
      traffic: [],
      files: [],
    });
    expect(running.bugs).toEqual([]);
  });
});
