import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogSourceRef } from "../../../../../electron/contract/index.ts";
import { logPath, readRoute, sourceKey, sourceOf } from "../../../../../renderer/features/logs/route.ts";

const id = "c0ffee".repeat(10);
const every: [string, LogSourceRef, string][] = [
  ["a container", { kind: "container", hostId: "orion", containerId: id }, `c.orion.${id}`],
  ["a file", { kind: "file", hostId: "o.1", path: "/var/log/a b,c.log" }, "f.o~2e1.~2fvar~2flog~2fa~20b~2cc~2elog"],
  ["a unit", { kind: "journal", hostId: "orion", unit: "docker.service" }, "j.orion.docker~2eservice"],
  ["a journal", { kind: "journal", hostId: "orion" }, "j.orion"],
  ["events", { kind: "events", hostId: "орион" }, "e.~d0~be~d1~80~d0~b8~d0~be~d0~bd"],
  ["the console", { kind: "console" }, "g"],
  ["a kept log", { kind: "kept", id: "k_1-x" }, "k.k_1-x"],
];

describe("a source as a word", () => {
  test.each(every)("%s", (_name, ref, key) => {
    expect([sourceKey(ref), sourceOf(key)]).toEqual([key, ref]);
  });

  test.each([
    ["nothing", ""],
    ["a kind that is none", "x.orion"],
    ["a container without its id", "c.orion"],
    ["an id that is none", "c.orion.../../etc"],
    ["a file without a path", "f.orion.relative"],
    ["half of a byte", "e.~2"],
    ["bytes that are no text", "e.~ff"],
    ["letters that are written otherwise", "e.a%20b"],
    ["too many parts", "g.1"],
  ])("must be refused: %s", (_name, key) => {
    expect(sourceOf(key)).toBeNull();
  });
});

describe("a route", () => {
  const place = { at: 1_767_225_600_042, digest: "a+/b=." };

  test("of one container is the plain one", () => {
    expect(logPath([{ kind: "container", hostId: "a b", containerId: id }])).toBe(`/logs/a%20b/${id}`);
  });

  test("of nothing is the section", () => {
    expect([logPath([]), readRoute({ hostId: null, what: null, place: null })]).toEqual([
      "/logs",
      { sources: [], place: null },
    ]);
  });

  test.each([
    ["one container", [every[0]![1]]],
    ["one file", [every[1]![1]]],
    ["all kinds", every.map(([, ref]) => ref)],
  ])("of %s leads back, with a place and without", (_name, sources) => {
    for (const wanted of [undefined, place]) {
      const [, , hostId = null, what = null, at = null] = logPath(sources, wanted).split("/");
      expect(readRoute({ hostId, what, place: at })).toEqual({ sources, place: wanted ?? null });
    }
  });

  test("survives whatever a browser encodes or decodes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ minLength: 1 }), (path, digest) => {
        const ref: LogSourceRef = { kind: "file", hostId: "h", path: `/${path}` };
        const route = logPath([ref], { at: 1, digest });
        expect(encodeURI(decodeURI(route))).toBe(route);
        expect(route).not.toMatch(/[%?#\s]/);
      }),
    );
  });

  test.each([
    ["a place without a digest", "1767225600042"],
    ["a time that is none", "now.abc"],
    ["a digest that is none", "1.%%"],
  ])("%s opens the log without it", (_name, text) => {
    expect(readRoute({ hostId: "orion", what: id, place: text })).toEqual({
      sources: [{ kind: "container", hostId: "orion", containerId: id }],
      place: null,
    });
  });

  test("what cannot be read is left out, and no more than 32 are taken", () => {
    const what = ["g", "nonsense", ...Array.from({ length: 40 }, (_, at) => `e.h${at}`)].join(",");
    const { sources } = readRoute({ hostId: "-", what, place: null });
    expect([sources.length, sources[0], sources[1]]).toEqual([
      32,
      { kind: "console" },
      { kind: "events", hostId: "h0" },
    ]);
  });
});
