/** Logs beside those of containers, on the practice fleet: what is offered, opened, merged and followed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogLine, LogSourceRef } from "../../../electron/contract/index.ts";
import { refusalOf } from "../../helpers/behaviour.ts";
import { openCore, type TestCore } from "../../helpers/core.ts";
import { type Client, type OpenDoor, openDoor } from "../../helpers/doors.ts";
import { windowOf } from "../../helpers/logRows.ts";
import { until } from "../../helpers/until.ts";
import { online } from "./mainJob.ts";

let running: TestCore;
let door: OpenDoor;
let client: Client;

beforeAll(async () => {
  running = await openCore({ practice: true });
  door = await openDoor("message-port", running.core);
  client = door.client;
  await online(client, "orion");
}, 40_000);

afterAll(async () => {
  expect(running.bugs).toEqual([]);
  await door.close();
  await running.close();
});

async function read(sources: LogSourceRef[], wanted: (lines: LogLine[]) => boolean) {
  const { bufferId } = await client.logs.open({ sources });
  let lines: LogLine[] = [];
  await until(
    async () => {
      ({ lines } = await windowOf(client, { bufferId, from: 0, count: 2_000 }));
      return wanted(lines);
    },
    { timeoutMs: 15_000, everyMs: 50 },
  );
  for await (const head of await client.logs.watch({ bufferId })) {
    await client.logs.close({ bufferId });
    return { lines, head };
  }
  throw new Error("no head");
}

test("logs.offers says which units and files there are", async () => {
  const offers = await client.logs.offers({ hostId: "orion" });
  expect(offers.units?.slice(0, 2)).toEqual([
    { name: "cron.service", running: true },
    { name: "docker.service", running: true },
  ]);
  expect(offers.files.map(({ path }) => path)).toEqual(["/var/log/syslog"]);
  expect(await refusalOf(client.logs.offers({ hostId: "nobody" }))).toMatchObject({ code: "HOST_UNKNOWN" });
});

test("the journal, one unit of it, and the file hold the same, and go on", async () => {
  const journal = await read([{ kind: "journal", hostId: "orion" }], (all) => all.length > 201);
  const unit = await read([{ kind: "journal", hostId: "orion", unit: "model-sync.service" }], (all) => all.length > 20);
  const file = await read([{ kind: "file", hostId: "orion", path: "/var/log/syslog" }], (all) => all.length > 201);
  expect(journal.head.sources).toMatchObject([{ name: "", hostName: "orion", simulated: true, state: "live" }]);
  expect(unit.lines.every(({ text }) => text.startsWith("model-sync["))).toBe(true);
  expect(unit.lines.some(({ level }) => level === "error")).toBe(true);
  const said = journal.lines.slice(0, 50).map(({ text }) => text);
  const written = file.lines.map(({ text }) => text.replace(/^\S+ orion /, ""));
  expect(said.every((text) => written.includes(text))).toBe(true);
  // The line's own time, since a file has no other.
  expect(file.lines[0]?.at).toBe(journal.lines[0]?.at);
}, 40_000);

test("a file that is not there is waited for, and a folder is refused", async () => {
  const { lines } = await read([{ kind: "file", hostId: "orion", path: "/tmp/none.log" }], (all) => all.length > 0);
  expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
    ["note", "--- the file is not there; waiting for it ---"],
  ]);
  const { bufferId } = await client.logs.open({ sources: [{ kind: "file", hostId: "orion", path: "/tmp" }] });
  for await (const head of await client.logs.watch({ bufferId })) {
    if (head.state !== "failed") continue;
    expect(head.problem).toEqual({ code: "LOG_FILE_UNREADABLE", details: { path: "/tmp", reason: "directory" } });
    break;
  }
});

test("the engine's events, the journal and the console's own log merge by time", async () => {
  const { lines, head } = await read(
    [{ kind: "events", hostId: "orion" }, { kind: "journal", hostId: "orion" }, { kind: "console" }],
    (all) =>
      new Set(all.map(({ source }) => source)).size === 3 && all.some(({ text }) => text === "host orion: online"),
  );
  expect(head.sources.map(({ ref }) => ref.kind)).toEqual(["events", "journal", "console"]);
  const times = lines.flatMap(({ at }) => (at === null ? [] : [at]));
  expect(times.slice(0, 150)).toEqual([...times.slice(0, 150)].sort((a, b) => a - b));
}, 30_000);

test.each([
  ["a path that is not absolute", { kind: "file", hostId: "orion", path: "log" }, "BAD_INPUT"],
  ["a path with a line feed", { kind: "file", hostId: "orion", path: "/a\nb" }, "BAD_INPUT"],
  ["a unit that is an option", { kind: "journal", hostId: "orion", unit: "--help" }, "BAD_INPUT"],
  ["a host that is not there", { kind: "journal", hostId: "nobody" }, "HOST_UNKNOWN"],
] as [string, LogSourceRef, string][])("logs.open refuses %s", async (_, source, code) => {
  expect(await refusalOf(client.logs.open({ sources: [source] }))).toMatchObject({ code });
});

test("files and journals leave channels of the host to others", async () => {
  const journal = (unit: string): LogSourceRef => ({ kind: "journal", hostId: "vega", unit: `${unit}.service` });
  await online(client, "vega");
  const few = ["cron", "docker", "ssh", "gpu-watch"].map(journal);
  const { bufferId } = await client.logs.open({ sources: few });
  const more = client.logs.open({ sources: [journal("model-sync")] });
  expect(await refusalOf(more)).toMatchObject({ code: "LIMIT_REACHED", details: { what: "hostLogs", limit: 4 } });
  // One that nobody looks at any more makes room.
  await client.logs.close({ bufferId });
  const next = await client.logs.open({ sources: [{ kind: "file", hostId: "vega", path: "/var/log/syslog" }] });
  await client.logs.close(next);
});
