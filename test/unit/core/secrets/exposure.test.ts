import { beforeEach, describe, expect, test } from "vitest";
import { proof } from "../../../../electron/contract/containers.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { createMasker } from "../../../../electron/core/logs/index.ts";
import { systemClock } from "../../../../electron/core/node.ts";
import { parseListing } from "../../../../electron/core/secrets/exposure.ts";
import { type ExposureDeps, prove, Secret } from "../../../../electron/core/secrets/index.ts";
import {
  type FakeContainer,
  type FakeEngine,
  type FakeImage,
  fakeEngine,
  fakeImage,
} from "../../../helpers/fakeEngine.ts";
import { tracesIn } from "../../../helpers/traces.ts";

const value = "Zx9-qW/2+kLmN=vB7";
let engine: FakeEngine;
let image: FakeImage;
let container: FakeContainer;
let deps: ExposureDeps;

beforeEach(async () => {
  image = fakeImage("llm:1", { programs: new Set(["ls", "cat"]) });
  engine = fakeEngine([image]);
  const { id } = await engine.create("llm", {
    Image: "llm:1",
    User: "10001:10001",
    Env: ["A=b"],
    Cmd: ["serve"],
    Labels: {},
    HostConfig: {},
  });
  await engine.start(id);
  container = engine.container(id);
  container.files.set("/run/secrets/HF_TOKEN", { bytes: Buffer.from(value), mode: 0o400, uid: "10001" });
  const masker = createMasker();
  deps = {
    engine,
    link: null,
    containerId: id,
    secrets: [new Secret(masker, "HF_TOKEN", Buffer.from(value))],
    find: (bytes, names) => masker.find(bytes, names),
    clock: systemClock(),
    mask: (text) => masker.text(text),
  };
});

const found = async () => {
  const result = await prove(deps);
  expect(proof.parse(result)).toEqual(result);
  expect(tracesIn(JSON.stringify(result), value)).toEqual([]);
  const places = result.places.flatMap(({ place, hits }) =>
    hits.map(({ secret, encoding }) => `${place} ${secret} ${encoding}`),
  );
  return { clean: result.clean, places };
};

describe("prove", () => {
  test("looks into every place, and finds nothing where nothing is", async () => {
    const result = await prove(deps);
    expect(result).toMatchObject({ clean: true, secrets: ["HF_TOKEN"] });
    expect(result.places.map(({ place, looked, note, hits }) => [place, looked, note, hits])).toEqual([
      ["inspect", true, "", []],
      ["environment", true, "as configured, and the process's own", []],
      ["argv", true, "1 processes", []],
      ["history", true, "1 layers", []],
      ["labels", true, "", []],
      ["files", true, "1 files, modes and owners", []],
      ["logs", true, "the last 2,000 lines", []],
    ]);
    for (const { place, bytes } of result.places) {
      if (place !== "files" && place !== "logs") expect([place, bytes > 0]).toEqual([place, true]);
    }
  });

  const base64 = Buffer.from(value).toString("base64");
  test.each<[place: string, leak: () => unknown, expected: string[]]>([
    [
      "environment, and with it inspect",
      () => (container.body.Env = [`TOKEN=${value}`]),
      ["inspect HF_TOKEN raw", "environment HF_TOKEN raw"],
    ],
    ["argv", () => container.processes.push(`curl -u ${value}`), ["argv HF_TOKEN raw"]],
    ["history", () => image.history.push(`ENV TOKEN=${value}`), ["history HF_TOKEN raw"]],
    ["the image's labels", () => (image.labels = { note: value }), ["history HF_TOKEN raw"]],
    [
      "labels, and with them inspect",
      () => (container.body.Labels = { note: value }),
      ["inspect HF_TOKEN raw", "labels HF_TOKEN raw"],
    ],
    ["logs", () => container.log.push(Buffer.from(`x ${value} y\n`)), ["logs HF_TOKEN raw"]],
    [
      "logs, across the engine's cut",
      () => container.log.push(Buffer.from(`x ${value.slice(0, 6)}`), Buffer.from(`${value.slice(6)} y\n`)),
      ["logs HF_TOKEN raw"],
    ],
    [
      "a file that others may read",
      () => container.files.set("/run/secrets/HF_TOKEN", { bytes: Buffer.alloc(1), mode: 0o644, uid: "10001" }),
      ["files HF_TOKEN file-mode-0644"],
    ],
    [
      "a file of another user",
      () => container.files.set("/run/secrets/HF_TOKEN", { bytes: Buffer.alloc(1), mode: 0o400, uid: "0" }),
      ["files HF_TOKEN file-owner-0"],
    ],
  ])("finds a leak in %s", async (_place, leak, expected) => {
    leak();
    expect(await found()).toEqual({ clean: false, places: expected });
  });

  test.each<[name: string, form: string]>([
    ["base64", base64],
    ["hex", Buffer.from(value).toString("hex")],
    ["URL", encodeURIComponent(value)],
  ])("finds %s", async (_name, form) => {
    container.log.push(Buffer.from(`${form}\n`));
    const { clean, places } = await found();
    expect([clean, places.length > 0, places.every((place) => place.startsWith("logs HF_TOKEN "))]).toEqual([
      false,
      true,
      true,
    ]);
  });

  test.each<[place: string, call: "top" | "image" | "logs", clean: boolean]>([
    ["argv", "top", false],
    ["history", "image", false],
    ["logs", "logs", false],
  ])("%s that can't be looked into is told, and nothing is called clean", async (place, call, clean) => {
    engine.before.set(call, () => {
      throw new Failure("LOG_DRIVER_UNREADABLE", { driver: value });
    });
    const result = await prove(deps);
    expect(result.clean).toBe(clean);
    expect(result.places.find((each) => each.place === place)).toEqual({
      place,
      looked: false,
      note: "LOG_DRIVER_UNREADABLE",
      bytes: 0,
      hits: [],
    });
  });

  test("files may stay unseen: an image without programs", async () => {
    image.programs.clear();
    const result = await prove(deps);
    expect(result.clean).toBe(true);
    expect(result.places.find(({ place }) => place === "files")).toMatchObject({
      looked: false,
      note: "the image has no program that lists files",
    });
    expect(result.places.find(({ place }) => place === "environment")?.note).toMatch(/could not be read/);
  });

  test("the image's own lister is asked first", async () => {
    engine.onExec = (_container, argv) => (argv[0] === "lister" ? 0 : 1);
    expect((await prove({ ...deps, lister: ["lister"] })).places.find(({ place }) => place === "files")).toMatchObject({
      looked: true,
      note: "0 files, modes and owners",
    });
  });

  test("a host that went away is a failure, no half proof", async () => {
    engine.before.set("top", () => {
      throw new Failure("HOST_OFFLINE", {}, { retryable: true });
    });
    await expect(prove(deps)).rejects.toMatchObject({ code: "HOST_OFFLINE" });
  });

  test("stops when told to", async () => {
    const stop = new AbortController();
    engine.before.set("top", () => stop.abort());
    await expect(prove({ ...deps, signal: stop.signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(engine.calls).not.toContain("logs");
  });

  describe("the process's environment, read on the host", () => {
    const link = (stdout: string, code = 0) => ({
      exec: async () => ({ code, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0), truncated: false }),
    });
    test("counts when the cgroup is the container's", async () => {
      deps = { ...deps, link: link(`0::/docker/${container.id}\nTOKEN=${value}\0`) };
      expect(await found()).toEqual({ clean: false, places: ["environment HF_TOKEN raw"] });
    });
    test("does not when it is another program of that number", async () => {
      deps = { ...deps, link: link(`0::/user.slice\nTOKEN=${value}\0`) };
      expect(await found()).toEqual({ clean: true, places: [] });
    });
    test("does not when it is not permitted", async () => {
      deps = { ...deps, link: link(`0::/docker/${container.id}\n`, 1) };
      expect(await found()).toEqual({ clean: true, places: [] });
    });
  });
});

test("parseListing reads both forms, and leaves out the rest", () => {
  const text = [
    "total 8",
    "drwx------ 2 10001 10001   80 Nov 22 12:00 .",
    "-r-------- 1 10001 10001   36 Nov 22 12:00 HF_TOKEN",
    "-rw-r--r--. 1 0     0       5 Nov 22 12:00 open",
    "0400 10001 auth_token",
    "nonsense",
  ].join("\n");
  expect(parseListing(text)).toEqual([
    { name: "HF_TOKEN", mode: 0o400, uid: "10001" },
    { name: "open", mode: 0o644, uid: "0" },
    { name: "auth_token", mode: 0o400, uid: "10001" },
  ]);
});
