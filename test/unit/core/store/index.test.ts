import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { openStore, type StoreOptions, writeFileAtomic } from "../../../../electron/core/store/index.ts";
import { testPorts } from "../../../helpers/ports.ts";

const schema = z.object({ hosts: z.array(z.string()), note: z.string().optional() });
type Data = z.infer<typeof schema>;

function setup(overrides: Partial<StoreOptions<Data>> = {}) {
  const test = testPorts();
  onTestFinished(test.cleanup);
  const folder = join(test.ports.paths.data, "settings");
  const options: StoreOptions<Data> = {
    file: join(folder, "hosts.json"),
    schema,
    version: 2,
    initial: { hosts: [] },
    clock: test.clock,
    random: test.ports.random,
    ...overrides,
  };
  return { ...test, options, folder, open: () => openStore(options) };
}

function withFile(content: string | Uint8Array, overrides: Partial<StoreOptions<Data>> = {}) {
  const test = setup(overrides);
  mkdirSync(test.folder, { recursive: true });
  writeFileSync(test.options.file, content);
  return test;
}

describe("openStore", () => {
  it("starts from the initial value and keeps what was set over a restart", async () => {
    const { open, options, folder } = setup();
    const first = await open();
    expect({ value: first.get(), problem: first.problem }).toEqual({ value: { hosts: [] }, problem: null });
    await first.set({ hosts: ["gpu-1"] });
    expect((await open()).get()).toEqual({ hosts: ["gpu-1"] });
    expect(JSON.parse(readFileSync(options.file, "utf8"))).toEqual({ version: 2, data: { hosts: ["gpu-1"] } });
    expect({ mode: statSync(options.file).mode & 0o777, files: readdirSync(folder) }).toEqual({
      mode: 0o600,
      files: ["hosts.json"],
    });
  });

  it("holds a frozen copy: what the caller does to its own object changes nothing", async () => {
    const store = await setup().open();
    const mine = { hosts: ["a"] };
    await store.set(mine);
    mine.hosts.push("b");
    expect(store.get()).toEqual({ hosts: ["a"] });
    expect(() => store.get().hosts.push("c")).toThrow(TypeError);
  });

  it("loses no change of writers that race", async () => {
    const { open } = setup();
    const store = await open();
    const names = Array.from({ length: 20 }, (_, n) => `gpu-${n}`);
    await Promise.all(names.map((name) => store.update((now) => ({ hosts: [...now.hosts, name] }))));
    expect((await open()).get()).toEqual({ hosts: names });
  });

  it("brings an older version up to date", async () => {
    const migrate = (data: unknown, from: number) => ({ hosts: [`${JSON.stringify(data)} from ${from}`] });
    const store = await withFile('{"version":1,"data":"old"}', { migrate }).open();
    expect({ value: store.get(), problem: store.problem }).toEqual({
      value: { hosts: ['"old" from 1'] },
      problem: null,
    });
  });

  const unusable: { name: string; content: string | Uint8Array; reason: string; migrate?: () => unknown }[] = [
    {
      name: "cut JSON",
      content: '{"version":2,"data":{"hosts":[',
      reason: "The file is not JSON of the expected form.",
    },
    { name: "empty file", content: "", reason: "The file is not JSON of the expected form." },
    { name: "no envelope", content: '{"hosts":[]}', reason: "The file is not JSON of the expected form." },
    { name: "not UTF-8", content: Buffer.from([0xff, 0xfe, 0x80]), reason: "The file is not text." },
    {
      name: "another shape",
      content: '{"version":2,"data":{"hosts":["a",7]}}',
      reason: "The file's data has an unexpected form at hosts.1.",
    },
    {
      name: "newer version",
      content: '{"version":3,"data":{"hosts":[]}}',
      reason: "The file has version 3; this program knows 2 at most.",
    },
    {
      name: "older version without a way up",
      content: '{"version":1,"data":{"hosts":[]}}',
      reason: "The file has version 1, which this program no longer reads.",
    },
    {
      name: "older version whose way up fails",
      content: '{"version":1,"data":{}}',
      reason: "The file's data could not be brought from version 1 to 2.",
      migrate: () => {
        throw new Error("no");
      },
    },
  ];
  it.each(unusable)("sets aside: $name", async ({ content, reason, migrate }) => {
    const { open, options, folder } = withFile(content, migrate ? { migrate } : {});
    const store = await open();
    const setAside = `${options.file}.corrupt-20260301T120000Z`;
    expect({ value: store.get(), problem: store.problem }).toEqual({
      value: { hosts: [] },
      problem: { setAside, reason },
    });
    expect(readFileSync(setAside)).toEqual(Buffer.from(content));
    await store.set({ hosts: ["new"] });
    expect(readdirSync(folder).sort()).toEqual(["hosts.json", "hosts.json.corrupt-20260301T120000Z"]);
  });

  it("sets aside unread what is larger than it may be, and reads what is as large", async () => {
    const content = '{"version":2,"data":{"hosts":["a"]}}';
    const fits = withFile(content, { maxBytes: content.length });
    expect((await fits.open()).get()).toEqual({ hosts: ["a"] });
    const { open } = withFile(content, { maxBytes: content.length - 1 });
    const store = await open();
    expect([store.get(), store.problem?.reason]).toEqual([
      { hosts: [] },
      `The file is larger than ${content.length - 1} bytes.`,
    ]);
  });

  it("sets two bad files of one second aside under two names", async () => {
    const { open, options, folder } = withFile("bad 1");
    await open();
    writeFileSync(options.file, "bad 2");
    await open();
    expect(readdirSync(folder).sort()).toEqual([
      "hosts.json.corrupt-20260301T120000Z",
      "hosts.json.corrupt-20260301T120000Z-2",
    ]);
  });

  it("opens whatever bytes the file holds", async () => {
    const { open, options } = withFile("");
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (bytes) => {
          writeFileSync(options.file, bytes);
          const store = await open();
          expect({ value: store.get(), told: store.problem !== null }).toEqual({ value: { hosts: [] }, told: true });
        },
      ),
      { numRuns: 50 },
    );
  });

  it("refuses to write when the file is a folder that cannot be replaced, and keeps memory as it was", async () => {
    const { open, options } = setup();
    const store = await open();
    await store.set({ hosts: ["before"] });
    rmSync(options.file);
    mkdirSync(join(options.file, "full"), { recursive: true });
    await expect(store.set({ hosts: ["after"] })).rejects.toMatchObject({
      code: "STORE_UNWRITABLE",
      details: { file: "hosts.json" },
    });
    expect(store.get()).toEqual({ hosts: ["before"] });
  });

  it("writes nothing over a file that it could neither read nor move", async () => {
    const { open, options, folder } = setup();
    mkdirSync(join(folder, "hosts.json"), { recursive: true });
    // The superuser moves anything, so the move is made impossible by a folder that is gone from under the name.
    const store = await openStore({ ...options, file: join(folder, "hosts.json", "\0", "x.json") });
    expect(store.problem?.setAside).toBe(join(folder, "hosts.json", "\0", "x.json"));
    await expect(store.set({ hosts: ["x"] })).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    expect((await open()).problem?.reason).toBe("The file cannot be read (EISDIR).");
  });

  it("treats a value that its own schema refuses as a bug and writes nothing", async () => {
    const { open, options } = setup();
    const store = await open();
    await store.set({ hosts: ["a"] });
    const before = readFileSync(options.file, "utf8");
    await expect(store.set({ hosts: [7] } as never)).rejects.toThrow(z.ZodError);
    expect({ memory: store.get(), disk: readFileSync(options.file, "utf8") }).toEqual({
      memory: { hosts: ["a"] },
      disk: before,
    });
  });
});

describe("writeFileAtomic", () => {
  const heldCases = [
    { name: "Windows: held twice by a scanner", platform: "win32", code: "EPERM", held: 2, result: "written" },
    { name: "Windows: held for good", platform: "win32", code: "EBUSY", held: 99, result: "STORE_UNWRITABLE EBUSY" },
    { name: "Windows: another error", platform: "win32", code: "EIO", held: 1, result: "STORE_UNWRITABLE EIO" },
    { name: "Linux: refused once", platform: "linux", code: "EPERM", held: 1, result: "STORE_UNWRITABLE EPERM" },
  ] as const;
  it.each(heldCases)("$name", async ({ platform, code, held, result }) => {
    const { options, folder, clock, ports } = withFile("old");
    let left: number = held;
    const renameFile = async (from: string, to: string) => {
      if (left-- > 0) throw Object.assign(new Error("held"), { code });
      renameSync(from, to);
    };
    const outcome = writeFileAtomic(options.file, "new", { clock, random: ports.random, platform, renameFile }).then(
      () => "written",
      (error) => `${error.code} ${error.details.reason}`,
    );
    let done = false;
    void outcome.then(() => {
      done = true;
    });
    while (!done) await clock.advance(50);
    expect({ outcome: await outcome, content: readFileSync(options.file, "utf8"), files: readdirSync(folder) }).toEqual(
      {
        outcome: result,
        content: result === "written" ? "new" : "old",
        files: ["hosts.json"],
      },
    );
  });

  it("tightens the mode of a file that was too open", async () => {
    const { options, ports } = withFile("old");
    chmodSync(options.file, 0o644);
    await writeFileAtomic(options.file, "new", ports);
    expect(statSync(options.file).mode & 0o777).toBe(0o600);
  });
});
