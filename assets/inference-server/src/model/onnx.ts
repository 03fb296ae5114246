import { realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { ApiError, invalid } from "../errors.ts";
import { type JsonObject, optionalInteger, optionalText } from "../validate.ts";
import {
  type ElementType,
  type InferRequest,
  matchInputs,
  type TensorData,
  type TensorJson,
  type TensorSpec,
  toJson,
} from "./tensors.ts";
import type { OnnxModel } from "./types.ts";

type Runtime = typeof import("onnxruntime-node");

const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.onnx$/;
/** A host's full core count would meet the container's pids limit: ONNX Runtime starts a thread for each. */
const MOST_DEFAULT_THREADS = 4;

const require = createRequire(import.meta.url);

/** 501 where the image was made without ONNX Runtime. Cheap: nothing is loaded. */
export function requireRuntimePresent(): void {
  try {
    require.resolve("onnxruntime-node");
  } catch {
    throw runtimeMissing();
  }
}

function runtimeMissing(): ApiError {
  return new ApiError(501, "runtime_missing", "this server has no ONNX Runtime (onnxruntime-node is not installed)");
}

function loadRuntime(): Runtime {
  requireRuntimePresent();
  try {
    const runtime: Runtime = require("onnxruntime-node");
    runtime.env.logLevel = "error";
    return runtime;
  } catch {
    throw runtimeMissing();
  }
}

/** Opens `engine_params.model`, a file name inside `modelDir`. `run` blocks the process while it computes. */
export async function openOnnx(params: JsonObject, modelDir: string): Promise<OnnxModel> {
  const name = optionalText(params, "model", 132);
  if (name === undefined) throw invalid("engine_params.model must name a file of the model folder");
  const threads = optionalInteger(params, "threads", 1, 64) ?? Math.min(MOST_DEFAULT_THREADS, availableParallelism());
  const path = await modelPath(name, modelDir);
  const runtime = loadRuntime();
  const session = await runtime.InferenceSession.create(path, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  }).catch(() => {
    throw invalid("engine_params.model is not a model that ONNX Runtime can open");
  });
  return modelOf(runtime, session, name);
}

/** One plain name, and after links are followed still inside the folder. */
async function modelPath(name: string, modelDir: string): Promise<string> {
  if (!MODEL_NAME.test(name)) throw invalid("engine_params.model must be a plain file name that ends in .onnx");
  const missing = new ApiError(404, "model_not_found", "the model folder has no such file");
  try {
    const root = await realpath(modelDir);
    const path = await realpath(join(root, name));
    const inside = relative(root, path);
    if (inside === "" || isAbsolute(inside) || inside.split(/[\\/]/).includes("..")) throw missing;
    if (!(await stat(path)).isFile()) throw missing;
    return path;
  } catch {
    throw missing;
  }
}

function modelOf(runtime: Runtime, session: InferenceSession, name: string): OnnxModel {
  const inputs = session.inputMetadata.map(specOf);
  const outputs = session.outputMetadata.map(specOf);
  return {
    kind: "onnx",
    id: name.slice(0, -".onnx".length),
    inputs,
    outputs,
    infer: (request) => run(runtime, session, inputs, outputs, request),
    close: () => session.release(),
  };
}

function specOf(metadata: InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) return { name: metadata.name, type: "sequence or map", dims: [] };
  return { name: metadata.name, type: metadata.type, dims: [...metadata.shape] };
}

async function run(
  runtime: Runtime,
  session: InferenceSession,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  request: InferRequest,
): Promise<Record<string, TensorJson>> {
  matchInputs(request.inputs, inputs);
  const wanted = request.outputs ?? outputs.map((spec) => spec.name);
  if (!wanted.every((name) => outputs.some((spec) => spec.name === name))) {
    throw invalid(`outputs must be of the model's: ${outputs.map((spec) => spec.name).join(", ")}`);
  }
  // The constructor is overloaded per type; the pair was checked when the request was read.
  const Make = runtime.Tensor as unknown as new (
    type: ElementType,
    data: TensorData,
    dims: readonly number[],
  ) => Tensor;
  const feeds = Object.fromEntries(
    [...request.inputs].map(([name, value]) => [name, new Make(value.type, value.data, value.dims)]),
  );
  const results = await session.run(feeds, wanted);
  return Object.fromEntries(wanted.map((name) => [name, resultOf(results[name], request.encoding)]));
}

function resultOf(tensor: Tensor | undefined, encoding: "json" | "base64"): TensorJson {
  if (tensor === undefined) throw new Error("ONNX Runtime left out an output");
  return toJson(
    { type: tensor.type as ElementType, dims: [...tensor.dims], data: tensor.data as TensorData },
    encoding,
  );
}
