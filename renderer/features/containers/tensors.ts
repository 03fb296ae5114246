import type { TensorView } from "../../../electron/contract/index.ts";

const types: readonly TensorView["type"][] = ["float32", "float64", "int32", "int64", "uint8", "bool"];

export type TensorsResult =
  | { ok: true; inputs: Record<string, TensorView> }
  | { ok: false; reason: "json" | "shape" | "size"; name: string };

/** The sample of the classifier model that comes with the program. */
export const exampleInputs = `{
  "features": {
    "type": "float32",
    "dims": [1, 4],
    "data": [2, -1, 0.5, 1]
  }
}`;

/** Reads named tensors from JSON; says which one is wrong, and how. */
export function parseTensors(text: string): TensorsResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: "json", name: "" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { ok: false, reason: "json", name: "" };
  const inputs: Record<string, TensorView> = {};
  for (const [name, entry] of Object.entries(value)) {
    const tensor = tensorOf(entry);
    if (!tensor) return { ok: false, reason: "shape", name };
    const size = tensor.dims.reduce((product, dim) => product * dim, 1);
    if (size !== tensor.data.length) return { ok: false, reason: "size", name };
    inputs[name] = tensor;
  }
  return { ok: true, inputs };
}

function tensorOf(entry: unknown): TensorView | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { type, dims, data } = entry as { type?: unknown; dims?: unknown; data?: unknown };
  const kind = types.find((candidate) => candidate === type);
  if (!kind || !isNumbers(dims) || !isNumbers(data)) return null;
  if (!dims.every((dim) => Number.isInteger(dim) && dim >= 0)) return null;
  return { type: kind, dims, data };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number" && Number.isFinite(item));
}
