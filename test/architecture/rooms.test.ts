import { describe, expect, test } from "vitest";
import { arrow, type Import, importsOf, sourcesIn } from "./sources.ts";

/** The room of a file below `electron/core/`; null for files that lie in the hall itself (`ports.ts`, `failure.ts`). */
function roomOf(file: string): string | null {
  return /^electron\/core\/([^/]+)\//.exec(file)?.[1] ?? null;
}

/** Files besides `index.ts` that a room shows: plain types that rooms agree on, without any behaviour behind them. */
const shown = new Set([
  ...["ssh", "docker", "logs", "audit"].map((room) => `electron/core/${room}/types.ts`),
  "electron/core/secrets/secret.ts",
]);

function behindTheDoor(list: readonly Import[]): string[] {
  return list
    .filter(({ from, to, isPackage }) => {
      const room = roomOf(to);
      if (isPackage || room === null || room === roomOf(from)) return false;
      return to !== `electron/core/${room}/index.ts` && !shown.has(to);
    })
    .map(arrow);
}

/** A circle among rooms as `a -> b -> a`, or null. Types that rooms show lie outside of the question. */
function circleOf(list: readonly Import[]): string | null {
  const next = new Map<string, Set<string>>();
  for (const { from, to, isPackage } of list) {
    const [a, b] = [roomOf(from), roomOf(to)];
    if (isPackage || a === null || b === null || a === b || shown.has(to)) continue;
    next.set(a, (next.get(a) ?? new Set()).add(b));
  }
  const done = new Set<string>();
  const walk = (room: string, path: readonly string[]): string | null => {
    if (path.includes(room)) return [...path.slice(path.indexOf(room)), room].join(" -> ");
    if (done.has(room)) return null;
    for (const other of next.get(room) ?? []) {
      const circle = walk(other, [...path, room]);
      if (circle !== null) return circle;
    }
    done.add(room);
    return null;
  };
  for (const room of next.keys()) {
    const circle = walk(room, []);
    if (circle !== null) return circle;
  }
  return null;
}

const all = sourcesIn("electron").flatMap((file) => importsOf(file));
const made = (from: string, to: string): Import => ({ from, to, isPackage: false, typeOnly: false });

describe("rule 3: a room shows its index alone", () => {
  test("in the sources", () => {
    expect(behindTheDoor(all)).toEqual([]);
  });

  test.each<[string, Import, boolean]>([
    [
      "must be refused: a file of another room",
      made("electron/core/launch/run.ts", "electron/core/docker/client.ts"),
      false,
    ],
    [
      "must be refused: an entry reaches into a room",
      made("electron/serve.ts", "electron/core/keychain/keytar.ts"),
      false,
    ],
    [
      "must be refused: types of a room that shows none",
      made("electron/core/a/x.ts", "electron/core/launch/types.ts"),
      false,
    ],
    ["its index", made("electron/core/launch/run.ts", "electron/core/docker/index.ts"), true],
    ["shown types", made("electron/core/launch/run.ts", "electron/core/docker/types.ts"), true],
    ["the hall", made("electron/core/launch/run.ts", "electron/core/ports.ts"), true],
    ["its own files", made("electron/core/launch/run.ts", "electron/core/launch/steps.ts"), true],
  ])("%s", (_, example, fine) => {
    expect(behindTheDoor([example])).toEqual(fine ? [] : [arrow(example)]);
  });
});

describe("rule 3: rooms form no circle", () => {
  test("in the sources", () => {
    expect(circleOf(all)).toBeNull();
    expect(all.filter(({ from, to }) => roomOf(from) !== null && roomOf(to) !== null).length).toBeGreaterThan(0);
  });

  test("must be refused: a circle of three", () => {
    const edges = [
      made("electron/core/a/x.ts", "electron/core/b/index.ts"),
      made("electron/core/b/x.ts", "electron/core/c/index.ts"),
      made("electron/core/c/x.ts", "electron/core/a/index.ts"),
    ];
    expect(circleOf(edges)).toBe("a -> b -> c -> a");
    expect(circleOf(edges.slice(1))).toBeNull();
  });
});
