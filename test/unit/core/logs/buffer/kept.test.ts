/** What stands beside a log that was kept: written and read again, as an earlier version wrote it, damaged, hostile. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { KeptSource } from "../../../../../electron/contract/index.ts";
import { createLogStore } from "../../../../../electron/core/logs/buffer/index.ts";
import { keptText, readKept } from "../../../../../electron/core/logs/buffer/kept.ts";
import { systemRandom } from "../../../../../electron/core/node.ts";
import { fakeClock, tempFolder } from "../../../../helpers/ports.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function place() {
  const { path: folder, cleanup } = tempFolder();
  closers.push(cleanup);
  const make = () => createLogStore({ folder, maxBytes: 1e6, clock: fakeClock(), random: systemRandom() });
  mkdirSync(join(folder, "log"), { recursive: true });
  const write = (text: string) => writeFileSync(join(folder, "log", "kept.json"), text);
  const read = async () => (await readKept(join(folder, "log"), "log"))?.about.sources ?? null;
  return { folder, make, write, read };
}

const long = "n".repeat(4_096);
const many = (count: number) => Array.from({ length: count }, () => ({ name: "n", simulated: true }));
const two = (sources: unknown) => JSON.stringify({ version: 2, sources });
const one = (names: unknown, more = {}) => JSON.stringify({ version: 1, names, ...more });

describe("the sources of a kept log", () => {
  const held: [what: string, given: KeptSource[], read: KeptSource[]][] = [
    ["practice", [{ name: "llm", simulated: true }], [{ name: "llm", simulated: true }]],
    ["a real host", [{ name: "llm", simulated: false }], [{ name: "llm", simulated: false }]],
    ["not known", [{ name: "", simulated: null }], [{ name: "", simulated: null }]],
    [
      "a path as long as paths get",
      [{ name: long, simulated: false }],
      [{ name: "n".repeat(1_000), simulated: false }],
    ],
    ["as many as a view has", many(32), many(32)],
  ];
  it.each(held)("are read as they were written: %s", async (_, sources, expected) => {
    const { write, read } = place();
    write(keptText({ sources }));
    expect(await read()).toEqual(expected);
  });

  it("are read whatever their names are", async () => {
    const { write, read } = place();
    const name = fc.string({ unit: "binary", maxLength: 1_000 });
    const source = fc.record({ name, simulated: fc.constantFrom(true, false, null) });
    await fc.assert(
      fc.asyncProperty(fc.array(source, { minLength: 1, maxLength: 32 }), async (sources) => {
        write(keptText({ sources }));
        expect(await read()).toEqual(sources);
      }),
      { numRuns: 50 },
    );
  });

  const older: [what: string, text: string, read: KeptSource[]][] = [
    [
      "names",
      one(["a", "b"]),
      [
        { name: "a", simulated: null },
        { name: "b", simulated: null },
      ],
    ],
    ["no name", one([]), [{ name: "", simulated: null }]],
    ["a word that it did not know", one(["a"], { simulated: false }), [{ name: "a", simulated: null }]],
    [
      "what stands in later ones",
      one(["a"], { sources: [{ name: "b", simulated: false }] }),
      [{ name: "a", simulated: null }],
    ],
  ];
  it.each(older)("say nothing of practice as an earlier version wrote them: %s", async (_, text, expected) => {
    const { write, read } = place();
    write(text);
    expect(await read()).toEqual(expected);
  });

  it("of an earlier version stay through a start", async () => {
    const { folder, make, write } = place();
    write(one(["a"]));
    expect(await make().kept()).toMatchObject([{ id: "log", sources: [{ name: "a", simulated: null }] }]);
    expect(existsSync(join(folder, "log"))).toBe(true);
  });

  const refused: [what: string, text: string][] = [
    ["nothing", ""],
    ["no JSON", "{"],
    ["no object", "[]"],
    ["names that are none", one("x")],
    ["too many names", one(Array.from({ length: 65 }, () => "n"))],
    ["a version to come", JSON.stringify({ version: 3, sources: many(1) })],
    ["the names of an earlier version", JSON.stringify({ version: 2, names: ["a"] })],
    ["no source", two([])],
    ["too many sources", two(many(65))],
    ["a name that is too long", two([{ name: long, simulated: true }])],
    ["a source without a name", two([{ simulated: true }])],
    ["a source that says nothing of practice", two([{ name: "a" }])],
    ["a word for whether it is practice", two([{ name: "a", simulated: "false" }])],
    ["a number for it", two([{ name: "a", simulated: 0 }])],
    ["one of two that says nothing", two([...many(1), { name: "a" }])],
  ];
  it.each(refused)("must be refused: %s", async (_, text) => {
    const { make, write, read } = place();
    write(text);
    expect(await read()).toBe(null);
    expect(await make().kept()).toEqual([]);
  });
});
