/**
 * Writes the tiny models of `assets/models/`, each with a JSON that describes it and holds a checked example:
 * `node scripts/run.mjs scripts/make-models.ts [FOLDER]`. The bytes are the same each time.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeOnnx, type OnnxGraph } from "./lib/onnxWriter.ts";

interface Example {
  inputs: Record<string, { type: string; dims: number[]; data: number[] }>;
  outputs: Record<string, { type: string; dims: number[]; data: number[] }>;
}

interface SampleModel {
  title: string;
  graph: OnnxGraph;
  example: Example;
  /** Largest absolute difference from the example's outputs that is still right. */
  tolerance: number;
}

const float32 = (dims: number[], data: number[]) => ({ type: "float32", dims, data });

/** Rows are the four features, columns the three classes. */
const classifierWeights = [0.5, -0.25, 0.75, 1, 0.5, -0.5, -0.75, 1.25, 0.25, 0.125, -1, 0.5];
const classifierBias = [0.25, -0.125, 0];

export const sampleModels: readonly SampleModel[] = [
  {
    title: "Adds two vectors of equal length, element by element",
    graph: {
      name: "add",
      inputs: [
        { name: "a", type: "float32", dims: ["N"] },
        { name: "b", type: "float32", dims: ["N"] },
      ],
      outputs: [{ name: "y", type: "float32", dims: ["N"] }],
      nodes: [{ op: "Add", inputs: ["a", "b"], outputs: ["y"] }],
    },
    example: {
      inputs: { a: float32([3], [1, 2, 3]), b: float32([3], [0.5, -2, 10]) },
      outputs: { y: float32([3], [1.5, 0, 13]) },
    },
    tolerance: 0,
  },
  {
    title: "Four features to the probabilities of three classes: one linear layer and softmax",
    graph: {
      name: "classifier",
      inputs: [{ name: "features", type: "float32", dims: [1, 4] }],
      outputs: [{ name: "probabilities", type: "float32", dims: [1, 3] }],
      nodes: [
        { op: "MatMul", inputs: ["features", "weights"], outputs: ["scores"] },
        { op: "Add", inputs: ["scores", "bias"], outputs: ["shifted"] },
        { op: "Softmax", inputs: ["shifted"], outputs: ["probabilities"], attributes: { axis: -1 } },
      ],
      weights: [
        { name: "weights", dims: [4, 3], data: classifierWeights },
        { name: "bias", dims: [3], data: classifierBias },
      ],
    },
    example: {
      inputs: { features: float32([1, 4], [2, -1, 0.5, 1]) },
      outputs: { probabilities: float32([1, 3], classify([2, -1, 0.5, 1])) },
    },
    tolerance: 1e-6,
  },
];

/** The classifier once more, in plain arithmetic: the example does not come from the runtime that it is to check. */
export function classify(features: readonly number[]): number[] {
  const scores = classifierBias.map((bias, column) =>
    features.reduce((sum, feature, row) => sum + feature * (classifierWeights[row * 3 + column] ?? 0), bias),
  );
  const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => Number((power / total).toFixed(8)));
}

/** File name → bytes. */
export function sampleFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { title, graph, example, tolerance } of sampleModels) {
    const model = encodeOnnx(graph);
    const description = {
      file: `${graph.name}.onnx`,
      sha256: createHash("sha256").update(model).digest("hex"),
      title,
      inputs: graph.inputs,
      outputs: graph.outputs,
      example,
      tolerance,
    };
    files.set(`${graph.name}.onnx`, model);
    files.set(`${graph.name}.json`, new TextEncoder().encode(printed(description)));
  }
  return files;
}

/** Indented, with lists of plain values on one line. */
function printed(value: object): string {
  const indented = JSON.stringify(value, null, 2);
  return `${indented.replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, list: string) => `[${list.replace(/\s+/g, " ")}]`)}\n`;
}

export function writeSampleModels(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of sampleFiles()) writeFileSync(join(folder, name), content);
}

if (process.argv[1]?.includes("make-models")) {
  const folder = process.argv[2] ?? fileURLToPath(new URL("../assets/models", import.meta.url));
  writeSampleModels(folder);
  process.stdout.write(`wrote ${sampleFiles().size} files to ${folder}\n`);
}
