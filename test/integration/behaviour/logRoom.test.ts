/** The log room over the contract alone, on the practice fleet: one log, several merged, rows, marks, files, kept logs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ContainerRow, LogHead } from "../../../electron/contract/index.ts";
import type { LogFilter, LogSourceRef } from "../../../electron/contract/logs.ts";
import { publicKeyIn } from "../../../electron/core/audit/index.ts";
import { verifyEvidence } from "../../../electron/core/logs/index.ts";
import { refusalOf } from "../../helpers/behaviour.ts";
import { openCore, type TestCore } from "../../helpers/core.ts";
import { type Client, type OpenDoor, openDoor } from "../../helpers/doors.ts";
import { windowOf } from "../../helpers/logRows.ts";
import { savedFile } from "../../helpers/savedFile.ts";
import { until } from "../../helpers/until.ts";
import { online } from "./mainJob.ts";

let running: TestCore;
let door: OpenDoor;
let client: Client;
let rows: ContainerRow[];

beforeAll(async () => {
  running = await openCore({ practice: true });
  door = await openDoor("message-port", running.core);
  client = door.client;
  await online(client, "orion");
  await client.keychain.useSession().catch(() => undefined);
  await online(client, "vega");
  rows = (await client.containers.list({})).rows;
});

afterAll(async () => {
  expect(running.bugs).toEqual([]);
  await door.close();
  await running.close();
});

const refOf = ({ hostId, id }: ContainerRow): LogSourceRef => ({ kind: "container", hostId, containerId: id });

/** Heads until one is as wanted. */
async function headWhen(bufferId: string, wanted: (head: LogHead) => boolean, filter?: LogFilter): Promise<LogHead> {
  const signal = AbortSignal.timeout(20_000);
  const order = filter === undefined ? { bufferId } : { bufferId, filter };
  let last: LogHead | null = null;
  try {
    for await (const head of await client.logs.watch(order, { signal })) {
      last = head;
      if (wanted(head)) return head;
    }
  } catch (error) {
    throw new Error(`no such head; the last one is ${JSON.stringify(last)}`, { cause: error });
  }
  throw new Error("the watch ended early");
}

async function opened(...refs: LogSourceRef[]): Promise<string> {
  return (await client.logs.open({ sources: refs })).bufferId;
}

const chatting = () => {
  const row = rows.find(({ hostId, state }) => hostId === "orion" && state === "running");
  if (row === undefined) throw new Error("the practice fleet runs nothing");
  return row;
};

test("a log is rows under a filter, and each line tells what it is made of", async () => {
  const row = chatting();
  const bufferId = await opened(refOf(row));
  const head = await headWhen(bufferId, ({ next, state }) => next > 1 && state === "live");
  expect(head.sources).toMatchObject([{ name: row.name, hostName: "orion", simulated: true, problem: null }]);
  const { lines } = await windowOf(client, { bufferId, from: 0, count: 100 });
  const wanted = lines[1]?.text.slice(0, 12) ?? "";
  const filter = { text: wanted };
  const found = await headWhen(bufferId, ({ rows: of, next }) => of.searchedTo === next && of.next > 0, filter);
  expect(found.rows.next).toBeLessThanOrEqual(found.next);
  const under = await windowOf(client, { bufferId, filter, from: 0, count: 10 });
  expect(under.lines.every(({ text }) => text.toLowerCase().includes(wanted.toLowerCase()))).toBe(true);
  const detail = await client.logs.line({ bufferId, index: 1 });
  expect(detail.line).toEqual(lines[1]);
  const at = detail.line.at ?? 0;
  expect(await client.logs.locate({ bufferId, target: { by: "index", index: 1 } })).toEqual({
    ...{ row: 1, index: 1, exact: true },
  });
  const target = { by: "time" as const, at, digest: detail.digest };
  expect(await client.logs.locate({ bufferId, target })).toMatchObject({ exact: true });
  const density = await client.logs.density({ bufferId, buckets: 20 });
  expect(density?.buckets.reduce((sum, { lines: of }) => sum + of, 0)).toBeGreaterThan(0);
  const refused = client.logs.window({ bufferId, filter: { regex: "(a" }, from: 0, count: 1 });
  expect(await refusalOf(refused)).toMatchObject({ code: "BAD_INPUT", details: { field: "regex" } });
  await client.logs.close({ bufferId });
  expect(await refusalOf(client.logs.window({ bufferId, from: 0, count: 1 }))).toMatchObject({ code: "NOT_FOUND" });
});

test("several logs are one, in order; what is not there does not stop the others", async () => {
  const [first, second] = rows;
  if (first === undefined || second === undefined) throw new Error("the practice fleet has too few containers");
  const gone: LogSourceRef = { kind: "container", hostId: "orion", containerId: "0".repeat(64) };
  const bufferId = await opened(refOf(first), refOf(second), gone, { kind: "console" });
  const head = await headWhen(
    bufferId,
    ({ sources }) => sources[2]?.state === "removed" && (sources[0]?.lines ?? 0) > 0,
  );
  expect(head.sources.map(({ ref: { kind } }) => kind)).toEqual(["container", "container", "container", "console"]);
  await headWhen(bufferId, ({ sources, next }) => next >= sources.reduce((sum, { lines }) => sum + lines, 0));
  const { lines } = await windowOf(client, { bufferId, from: 0, count: 2_000 });
  expect(new Set(lines.map(({ source }) => source)).has(0)).toBe(true);
  const one = await windowOf(client, { bufferId, filter: { sources: [0] }, from: 0, count: 2_000 });
  expect(one.lines.every(({ source }) => source === 0)).toBe(true);
  await client.logs.close({ bufferId });
});

test("bookmarks stand in the head until they are taken off", async () => {
  const bufferId = await opened(refOf(chatting()));
  await headWhen(bufferId, ({ next }) => next > 1);
  await client.logs.mark({ bufferId, index: 1, note: "look here" });
  const { marks } = await headWhen(bufferId, ({ marks: of }) => of.length === 1);
  expect(marks).toMatchObject([{ index: 1, note: "look here", text: expect.any(String) }]);
  const refused = client.logs.mark({ bufferId, index: 1_000_000, note: "" });
  expect(await refusalOf(refused)).toMatchObject({ code: "NOT_FOUND" });
  await client.logs.unmark({ bufferId, index: 1 });
  await headWhen(bufferId, ({ marks: of }) => of.length === 0);
  await client.logs.close({ bufferId });
});

test("evidence is signed with the key of the audit log, and its saving is in it", async () => {
  const bufferId = await opened(refOf(chatting()));
  await headWhen(bufferId, ({ next }) => next > 1);
  const saved = await savedFile(client.logs.save({ bufferId, format: "evidence", note: "behaviour" }));
  const { key } = await client.audit.publicKey();
  const report = verifyEvidence(Buffer.from(saved.text), key?.fingerprint);
  expect(report).toMatchObject({
    whole: true,
    keyUnchecked: false,
    header: { note: "behaviour", sources: [{ host: "orion", simulated: true }], simulated: "all" },
  });
  expect(publicKeyIn(Buffer.from(key?.pem ?? ""))).toBe(report.header?.public_key);
  const { rows: audit } = await client.audit.page({ limit: 50 });
  expect(audit.map(({ action }) => action)).toContain("log.save");
  await client.logs.close({ bufferId });
});

test("a log is pinned and let go again", async () => {
  const row = chatting();
  expect(await client.logs.kept()).toEqual({ logs: [] });
  const bufferId = await opened(refOf(row));
  await headWhen(bufferId, ({ next }) => next > 1);
  await client.logs.pin({ bufferId, pinned: true });
  expect((await headWhen(bufferId, ({ held }) => held.pinned)).held.pinned).toBe(true);
  await client.logs.pin({ bufferId, pinned: false });
  await headWhen(bufferId, ({ held }) => !held.pinned);
  await client.logs.close({ bufferId });
  expect(await refusalOf(client.logs.dropKept({ id: "none" }))).toMatchObject({ code: "NOT_FOUND" });
});

test("a host's files and units are offered", async () => {
  const offers = await client.logs.offers({ hostId: "orion" });
  expect(offers.files.every(({ path }) => path.startsWith("/"))).toBe(true);
  await until(() => offers.units !== null || offers.unitsProblem !== null);
});
