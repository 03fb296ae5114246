import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { arrow, type Import, importsOf, root, sourcesIn, textOf } from "./sources.ts";

type Layer = "contract" | "core" | "shells" | "entries" | "renderer" | "model server";

const entries = ["main", "preload", "serve", "core"].map((name) => `electron/${name}.ts`);

function layerOf(file: string): Layer | null {
  if (entries.includes(file)) return "entries";
  const layers: [string, Layer][] = [
    ["electron/contract/", "contract"],
    ["electron/core/", "core"],
    ["electron/practice/", "core"],
    ["electron/shells/", "shells"],
    ["renderer/", "renderer"],
    ["assets/inference-server/", "model server"],
  ];
  return layers.find(([folder]) => file.startsWith(folder))?.[1] ?? null;
}

/** Rule 1: `contract <- core <- shells <- entries`, and `renderer -> contract` alone. */
const mayImport: Record<Layer, readonly Layer[]> = {
  contract: ["contract"],
  core: ["core", "contract"],
  shells: ["shells", "core", "contract"],
  entries: ["entries", "shells", "core", "contract"],
  renderer: ["renderer", "contract"],
  "model server": ["model server"],
};

/** What each layer may use of the world outside; the rest is free. */
const packages: Partial<Record<Layer, RegExp>> = {
  contract: /^(?:@orpc\/contract|zod)$/,
  renderer: /^(?!node:|electron$|@orpc\/server)/,
};

function breaches(list: readonly Import[]): string[] {
  return list
    .filter(({ from, to, isPackage }) => {
      const layer = layerOf(from);
      if (layer === null) return true;
      if (isPackage) return packages[layer]?.test(to) === false;
      if (layer === "renderer" && /\.(?:css|svg|json)$/.test(to) && to.startsWith("renderer/")) return false;
      const target = layerOf(to);
      return target === null || !mayImport[layer].includes(target);
    })
    .map(arrow);
}

const made = (from: string, to: string, isPackage = false): Import => ({ from, to, isPackage, typeOnly: false });
const sources = sourcesIn("electron", "renderer", "assets/inference-server");

/** The page gets the contract's types; its schemas, and zod with them, stay in the core. */
function schemasInThePage(list: readonly Import[]): string[] {
  const withSchemas = (file: string) =>
    importsOf(file).some(({ to, typeOnly }) => !typeOnly && /^zod$|^electron\/contract\//.test(to));
  return list
    .filter(({ from, to, typeOnly }) => layerOf(from) === "renderer" && layerOf(to) === "contract" && !typeOnly)
    .filter(({ to }) => withSchemas(to))
    .map(arrow);
}

describe("rule 1: nothing imports upward", () => {
  test("in the sources", () => {
    expect(breaches(sources.flatMap((file) => importsOf(file)))).toEqual([]);
  });

  test("no schema of the contract is in the page", () => {
    expect(schemasInThePage(sources.flatMap((file) => importsOf(file)))).toEqual([]);
    const index = made("renderer/app/main.tsx", "electron/contract/index.ts");
    expect(schemasInThePage([index])).toEqual([arrow(index)]);
    expect(schemasInThePage([{ ...index, typeOnly: true }])).toEqual([]);
  });

  test.each<[string, Import]>([
    ["contract to core", made("electron/contract/app.ts", "electron/core/ports.ts")],
    ["core to shells", made("electron/core/createCore.ts", "electron/shells/browser/index.ts")],
    ["core to contract's neighbour", made("electron/core/x.ts", "renderer/client/index.ts")],
    ["shells to an entry", made("electron/shells/browser/door.ts", "electron/serve.ts")],
    ["renderer to core", made("renderer/app/main.tsx", "electron/core/ports.ts")],
    ["renderer to shells", made("renderer/client/connect.ts", "electron/shells/desktop/channels.ts")],
    ["renderer to Node", made("renderer/ui/x.ts", "node:fs", true)],
    ["renderer to the server's half of the wire", made("renderer/ui/x.ts", "@orpc/server", true)],
    ["contract to Node", made("electron/contract/app.ts", "node:crypto", true)],
    ["model server to core", made("assets/inference-server/src/main.ts", "electron/core/ports.ts")],
    ["anything to tests", made("electron/core/x.ts", "test/helpers/ports.ts")],
    ["a file of no layer", made("electron/other/x.ts", "electron/core/ports.ts")],
  ])("must be refused: %s", (_, example) => {
    expect(breaches([example])).toEqual([arrow(example)]);
  });
});

describe("rule 2: Electron, DOM and Node stay where they belong", () => {
  const allowed = (file: string) =>
    file.startsWith("electron/shells/desktop/") || file === "electron/main.ts" || file === "electron/preload.ts";
  const outside = (list: Import[]) =>
    list.filter(({ from, to }) => /^electron(?:\/|$)/.test(to) && !allowed(from)).map(arrow);

  test("electron is imported in the desktop door alone", () => {
    const all = sources.flatMap((file) => importsOf(file).filter(({ isPackage }) => isPackage));
    expect(outside(all)).toEqual([]);
    expect(all.filter(({ to }) => to === "electron").length).toBeGreaterThan(0);
  });

  test.each(["electron/core/x.ts", "electron/serve.ts", "electron/core.ts", "electron/shells/browser/door.ts"])(
    "must be refused: electron in %s",
    (file) => {
      expect(outside(importsOf(file, 'import { app } from "electron";'))).toHaveLength(1);
    },
  );

  test("each layer compiles with the types of its own runtime", () => {
    const options = (folder: string) =>
      JSON.parse(readFileSync(join(root, folder, "tsconfig.json"), "utf8")).compilerOptions ?? {};
    const base = JSON.parse(readFileSync(join(root, "tsconfig.base.json"), "utf8")).compilerOptions;
    const seen = (folder: string) => ({
      dom: [...(options(folder).lib ?? base.lib)].some((lib: string) => lib.startsWith("DOM")),
      types: options(folder).types ?? base.types,
    });
    expect({
      contract: seen("electron/contract"),
      core: seen("electron/core"),
      electron: seen("electron"),
      renderer: seen("renderer"),
    }).toEqual({
      contract: { dom: false, types: [] },
      core: { dom: false, types: ["node"] },
      electron: { dom: false, types: ["node", "electron"] },
      renderer: { dom: true, types: ["vite/client"] },
    });
  });
});

describe("files stay readable", () => {
  const lines = (file: string) => textOf(file).split("\n").length - 1;

  test.each(entries)("%s is an entry of under 80 lines", (file) => {
    expect(lines(file)).toBeLessThan(80);
  });

  test("no file grows beyond 600 lines; those over 400 are named", () => {
    const long = sources.map((file) => ({ file, lines: lines(file) })).filter((one) => one.lines > 400);
    for (const one of long) console.warn(`${one.file} has ${one.lines} lines: split it by meaning`);
    expect(long.filter((one) => one.lines > 600)).toEqual([]);
  });
});
