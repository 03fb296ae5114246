import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeOnnx, type OnnxElementType } from "../../../scripts/lib/onnxWriter.ts";
import { sampleFiles, sampleModels } from "../../../scripts/make-models.ts";
import { bundleInferenceServer, type InferenceServer, startInferenceServer } from "../../helpers/inferenceServer.ts";

const assets = new URL("../../../assets/models/", import.meta.url);
const base64 = (data: ArrayBufferView) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");

let folder = "";
let server: InferenceServer;

/** Any type goes in, the same comes out. */
const identity = (type: OnnxElementType, dims: (number | string)[]) =>
  encodeOnnx({
    name: "identity",
    inputs: [{ name: "x", type, dims }],
    outputs: [{ name: "y", type, dims }],
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatehouse-models-"));
  for (const [name, content] of sampleFiles()) await writeFile(join(folder, name), content);
  for (const type of types) await writeFile(join(folder, `${type}.onnx`), identity(type, ["N"]));
  await writeFile(join(folder, "scalar.onnx"), identity("int64", []));
  await writeFile(join(folder, "broken.onnx"), "this is no model");
  await writeFile(join(tmpdir(), `${basename(folder)}.onnx`), identity("int64", []));
  await symlink(join(tmpdir(), `${basename(folder)}.onnx`), join(folder, "outside.onnx"));
  await symlink("add.onnx", join(folder, "inside.onnx"));
  server = await startInferenceServer({ bundle: await bundleInferenceServer(), env: { MODEL_DIR: folder } });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
  await rm(join(tmpdir(), `${basename(folder)}.onnx`), { force: true });
});

const load = (model: string) => server.call("/v1/model/load", { backend_class: "onnx", engine_params: { model } });

describe("the sample models", () => {
  test("are those that the script writes, byte for byte", async () => {
    for (const [name, content] of sampleFiles()) {
      expect({ name, content: await readFile(new URL(name, assets)) }).toEqual({ name, content: Buffer.from(content) });
    }
  });

  test.each(sampleModels.map((model) => [model.graph.name, model] as const))(
    "%s gives its example",
    async (name, model) => {
      expect((await load(`${name}.onnx`)).status).toBe(200);
      const answer = await server.call("/v1/infer", { inputs: model.example.inputs });
      const body = (await answer.json()) as { outputs: typeof model.example.outputs; latency_ms: number };
      expect(answer.headers.get("x-latency-ms")).toBe(String(body.latency_ms));
      expect(Object.keys(body.outputs)).toEqual(Object.keys(model.example.outputs));
      for (const [output, expected] of Object.entries(model.example.outputs)) {
        const { data, ...rest } = body.outputs[output]!;
        expect(rest).toEqual({ type: expected.type, dims: expected.dims });
        expect(data).toHaveLength(expected.data.length);
        const errors = data.map((value, index) => Math.abs(value - expected.data[index]!));
        expect(Math.max(...errors)).toBeLessThanOrEqual(model.tolerance);
      }
    },
  );

  test("show their inputs and outputs in /v1/models", async () => {
    await load("classifier.onnx");
    expect(await (await server.call("/v1/models")).json()).toEqual({
      object: "list",
      data: [
        {
          id: "classifier",
          object: "model",
          owned_by: "gatehouse",
          backend: "onnx",
          inputs: [{ name: "features", type: "float32", dims: [1, 4] }],
          outputs: [{ name: "probabilities", type: "float32", dims: [1, 3] }],
        },
      ],
    });
  });
});

const types = [
  "float32",
  "float64",
  "float16",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
  "string",
] as const;

describe("every element type goes through", () => {
  const rows: [type: OnnxElementType, sent: unknown, back: unknown, dims: number[]][] = [
    ["float32", [1.5, -2, "NaN", "-Infinity"], [1.5, -2, "NaN", "-Infinity"], [4]],
    ["float32", base64(Float32Array.of(1, 2.5)), [1, 2.5], [2]],
    ["float64", [1e300, "Infinity"], [1e300, "Infinity"], [2]],
    ["float16", base64(Uint16Array.of(0x3c00, 0xc000)), base64(Uint16Array.of(0x3c00, 0xc000)), [2]],
    ["int8", [-128, 127], [-128, 127], [2]],
    ["uint8", [0, 255], [0, 255], [2]],
    ["int16", [-32768, 32767], [-32768, 32767], [2]],
    ["uint16", [0, 65535], [0, 65535], [2]],
    ["int32", [-2147483648, 2147483647], [-2147483648, 2147483647], [2]],
    ["uint32", [0, 4294967295], [0, 4294967295], [2]],
    [
      "int64",
      [-1, "9223372036854775807", "-9223372036854775808"],
      [-1, "9223372036854775807", "-9223372036854775808"],
      [3],
    ],
    ["int64", base64(BigInt64Array.of(7n)), [7], [1]],
    ["uint64", [0, "18446744073709551615"], [0, "18446744073709551615"], [2]],
    ["bool", [true, false, 1, 0], [true, false, true, false], [4]],
    ["string", ["a", "ß", ""], ["a", "ß", ""], [3]],
    ["float32", [], [], [0]],
  ];
  test.each(rows)("%s %j", async (type, sent, back, dims) => {
    expect((await load(`${type}.onnx`)).status).toBe(200);
    const answer = await server.call("/v1/infer", { inputs: { x: { type, dims, data: sent } } });
    expect(await answer.json()).toEqual({ outputs: { y: { type, dims, data: back } }, latency_ms: expect.any(Number) });
  });

  test("a scalar has no dims", async () => {
    await load("scalar.onnx");
    const answer = await server.call("/v1/infer", { inputs: { x: { type: "int64", dims: [], data: [5] } } });
    expect(await answer.json()).toMatchObject({ outputs: { y: { type: "int64", dims: [], data: [5] } } });
  });

  test("outputs in base64 where that is asked", async () => {
    await load("float32.onnx");
    const x = { type: "float32", dims: [2], data: [1, 2] };
    const answer = await server.call("/v1/infer", { inputs: { x }, outputs: ["y"], encoding: "base64" });
    expect(await answer.json()).toMatchObject({ outputs: { y: { ...x, data: base64(Float32Array.of(1, 2)) } } });
  });

  const misfits: [type: OnnxElementType, element: unknown][] = [
    ["int8", 128],
    ["uint8", -1],
    ["uint8", 1.5],
    ["int32", 2 ** 31],
    ["int64", 2 ** 53],
    ["int64", "9223372036854775808"],
    ["uint64", -1],
    ["uint64", "x"],
    ["bool", 2],
    ["string", 1],
    ["float16", 1],
    ["float32", null],
    ["float32", "1"],
  ];
  test.each(misfits)("%s refuses %j", async (type, element) => {
    expect((await load(`${type}.onnx`)).status).toBe(200);
    const answer = await server.call("/v1/infer", { inputs: { x: { type, dims: [1], data: [element] } } });
    expect([answer.status, await answer.json()]).toMatchObject([422, { error: { code: "invalid_body" } }]);
  });
});

describe("model files", () => {
  test("a link inside the folder is followed", async () => {
    expect((await load("inside.onnx")).status).toBe(200);
  });
  test.each([
    ["a link that leads out", "outside.onnx", 404],
    ["not there", "none.onnx", 404],
    ["no model", "broken.onnx", 422],
  ])("%s is refused", async (_, name, status) => {
    expect((await load(name)).status).toBe(status);
  });
});

test("many runs at once and an unload in between end well", async () => {
  await load("add.onnx");
  const v = { type: "float32", dims: [1], data: [1] };
  const runs = Array.from({ length: 30 }, () => server.call("/v1/infer", { inputs: { a: v, b: v } }));
  const unload = server.call("/v1/model/unload", {});
  const statuses = (await Promise.all(runs)).map((answer) => answer.status);
  expect((await unload).status).toBe(200);
  expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
  expect((await server.call("/health")).status).toBe(200);
});

test("without ONNX Runtime, chat works and tensors are answered with 501", async () => {
  const bundle = await bundleInferenceServer({ runtime: false });
  const bare = await startInferenceServer({ bundle });
  const error = {
    error: {
      code: "runtime_missing",
      message: expect.stringContaining("onnxruntime-node"),
      request_id: expect.any(String),
    },
  };
  const loadOnnx = await bare.call("/v1/model/load", { backend_class: "onnx", engine_params: { model: "add.onnx" } });
  expect([loadOnnx.status, await loadOnnx.json()]).toEqual([501, error]);
  expect((await bare.call("/v1/model/load", {})).status).toBe(200);
  expect((await bare.call("/v1/chat/completions", { messages: [{ role: "user", content: "x" }] })).status).toBe(200);
  const infer = await bare.call("/v1/infer", { inputs: {} });
  expect([infer.status, await infer.json()]).toEqual([501, error]);
  await bare.stop();
  bundle.dispose();
});
