/** Alerts on the practice fleet: a rule reads what nobody looks at, and a secret is seen where it was not given. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlertRule } from "../../../electron/contract/index.ts";
import { refusalOf } from "../../helpers/behaviour.ts";
import { openCore, type TestCore } from "../../helpers/core.ts";
import { type Client, type OpenDoor, openDoor } from "../../helpers/doors.ts";
import { until } from "../../helpers/until.ts";
import { online, readLog, specOf, watchLaunch } from "./mainJob.ts";

let running: TestCore;
let door: OpenDoor;
let client: Client;
let containerId = "";
const hostId = "orion";

beforeAll(async () => {
  running = await openCore({ practice: true });
  door = await openDoor("message-port", running.core);
  client = door.client;
  await online(client, hostId);
  const [image] = await client.containers.images({ hostId });
  const spec = await specOf(client, { hostId, gpu: null, image: image?.tags[0] ?? "" }, "chat-echo", "watched");
  const { launchId } = await client.containers.launch({ ...spec, secrets: [] });
  const done = await watchLaunch(client, launchId);
  containerId = done.containerId ?? "";
  expect(done.state).toBe("done");
}, 60_000);

afterAll(async () => {
  expect(running.bugs).toEqual([]);
  await door.close();
  await running.close();
});

const rule = (more: Partial<AlertRule>): AlertRule => ({
  id: "",
  name: "a rule",
  enabled: true,
  severity: "warn",
  scope: { container: "watch*" },
  condition: { kind: "pattern", regex: "^(INFO|WARNING):", count: 1, seconds: 600 },
  quiet: false,
  ...more,
});

test("alerts.saveRule, list, acknowledge and removeRule: a rule reads a log that nobody looks at", async () => {
  const { id } = await client.alerts.saveRule(rule({}));
  const fired = await until(async () => (await client.alerts.list()).alerts.find((alert) => alert.rule?.id === id), {
    timeoutMs: 15_000,
  });
  expect(fired).toMatchObject({
    kind: "pattern",
    state: "firing",
    severity: "warn",
    source: { kind: "container", hostId, containerId },
    sourceName: "watched",
    simulated: true,
  });
  expect(fired.sample).toMatch(/^(INFO|WARNING):/);
  expect((await client.alerts.list()).rules).toMatchObject([{ id, reading: 1, problem: null }]);
  expect(await client.alerts.acknowledge({ id: fired.id })).toEqual({ count: 1 });
  expect((await client.alerts.list()).alerts[0]?.state).toBe("seen");
  await client.alerts.removeRule({ id });
  expect((await client.alerts.list()).alerts[0]?.state).toBe("over");
  const { rows } = await client.audit.page({ limit: 10 });
  expect(rows.map(({ action }) => action)).toEqual(expect.arrayContaining(["alert.rule.save", "alert.rule.remove"]));
});

test.each([
  [
    "an expression that looks behind",
    { condition: { kind: "pattern", regex: "(?<=a)b", count: 1, seconds: 1 } },
    "BAD_INPUT",
  ],
  ["a pattern without anything", { condition: { kind: "pattern", count: 1, seconds: 1 } }, "BAD_INPUT"],
  ["no name", { name: " " }, "BAD_INPUT"],
  ["a window of no time", { condition: { kind: "silence", seconds: 0 } }, "BAD_INPUT"],
  ["a rule that is not there", { id: "nobody" }, "NOT_FOUND"],
] as [string, Partial<AlertRule>, string][])("alerts.saveRule refuses %s", async (_, more, code) => {
  expect(await refusalOf(client.alerts.saveRule(rule(more)))).toMatchObject({ code });
});

test("alerts.removeRule and alerts.acknowledge refuse what is not there", async () => {
  expect(await refusalOf(client.alerts.removeRule({ id: "nobody" }))).toMatchObject({ code: "NOT_FOUND" });
  expect(await refusalOf(client.alerts.acknowledge({ id: "nobody" }))).toMatchObject({ code: "NOT_FOUND" });
});

test("a secret in the log of a container that was not given it is an alert", async () => {
  // A value that the log holds already, as if somebody had brought it there another way.
  const { lines } = await readLog(client, { hostId, containerId }, (all) => all.length > 0);
  const value = /api_wrapper: \w+/.exec(lines.map(({ text }) => text).join("\n"))?.[0] ?? "";
  expect(value).not.toBe("");
  await client.secrets.put({ environment: "development", name: "STRAYED", value, encoding: "text" });
  await client.containers.restart({ hostId, containerId });
  await readLog(client, { hostId, containerId }, (all) => all.some(({ text }) => text.includes("[secret:STRAYED]")));
  const alert = await until(async () => (await client.alerts.list()).alerts.find(({ kind }) => kind === "secret"));
  expect(alert).toMatchObject({
    severity: "danger",
    rule: null,
    sourceName: "watched",
    secret: { name: "STRAYED", environment: "development" },
  });
  expect(JSON.stringify(await client.alerts.list())).not.toContain(value);
}, 40_000);
