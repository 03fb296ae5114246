import { expect, test } from "vitest";
import type { LogSourceRef } from "../../../../../../electron/contract/index.ts";
import { equalNames, plainName, shortNames } from "../../../../../../renderer/features/logs/sources/names.ts";

const container = (hostId: string): LogSourceRef => ({ kind: "container", hostId, containerId: "a".repeat(12) });

test("short names say the host only where two would be the same", () => {
  expect(
    shortNames([
      { ref: container("orion"), name: "chat", hostName: "orion" },
      { ref: container("vega"), name: "chat", hostName: "vega" },
      { ref: container("vega"), name: "ranker", hostName: "vega" },
      { ref: { kind: "file", hostId: "vega", path: "/var/log/syslog" }, name: "/var/log/syslog", hostName: "vega" },
      { ref: { kind: "journal", hostId: "vega", unit: "docker.service" }, name: "docker.service", hostName: "vega" },
      { ref: { kind: "journal", hostId: "vega" }, name: "", hostName: "vega" },
      { ref: { kind: "events", hostId: "vega" }, name: "", hostName: "vega" },
      { ref: { kind: "console" }, name: "", hostName: "" },
      { ref: { kind: "kept", id: "k1" }, name: "old", hostName: "" },
    ]),
  ).toEqual(["chat@orion", "chat@vega", "ranker", "syslog", "docker", "journal", "events", "gatehouse", "old"]);
});

test.each<[LogSourceRef, string]>([
  [container("orion"), "a".repeat(12)],
  [{ kind: "file", hostId: "vega", path: "/var/log/syslog" }, "/var/log/syslog"],
  [{ kind: "journal", hostId: "vega" }, "journal"],
  [{ kind: "console" }, "gatehouse"],
])("before the core has told a name: %o", (ref, name) => {
  expect(plainName(ref)).toBe(name);
});

test.each([
  ["as wide as the widest", ["chat", "ranker"], 12, ["chat  ", "ranker"]],
  ["what is cut says so", ["chat", "trainer-of-petrov"], 8, ["chat    ", "trainer…"]],
  ["none", [], 8, []],
])("names of one width: %s", (_name, names, most, expected) => {
  expect(equalNames(names, most)).toEqual(expected);
});
