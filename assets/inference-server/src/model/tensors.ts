import { invalid } from "../errors.ts";
import { type JsonObject, member, object, onlyKnown } from "../validate.ts";

const MOST_TENSORS = 64;
const MOST_DIMS = 8;
const MOST_ELEMENTS = 4 * 1024 * 1024;

/** Typed arrays of ONNX Runtime's element types; a bool is a byte, a float16 its raw 16 bits. */
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const;

export type ElementType = keyof typeof arrays | "string";
export type TensorData = InstanceType<(typeof arrays)[keyof typeof arrays]> | string[];

export interface TensorValue {
  type: ElementType;
  dims: number[];
  data: TensorData;
}

/** One input or output of a model; a dimension is a length or the name of one that is free. */
export interface TensorSpec {
  name: string;
  type: string;
  dims: (number | string)[];
}

/**
 * A tensor in JSON. `data` is a list in row-major order, or base64 of the little-endian bytes. What a JSON number
 * cannot hold is a text: integers beyond 2^53 in decimal, and `NaN`, `Infinity`, `-Infinity`.
 */
export interface TensorJson {
  type: ElementType;
  dims: number[];
  data: (number | string | boolean)[] | string;
}

export interface InferRequest {
  inputs: Map<string, TensorValue>;
  /** `null`: all of them. */
  outputs: string[] | null;
  encoding: "json" | "base64";
}

/** Checks the request's own form; `matchInputs` checks it against the model. */
export function parseInfer(body: unknown): InferRequest {
  const from = object(body, "the body");
  onlyKnown(from, ["inputs", "outputs", "encoding"]);
  const entries = Object.entries(object(member(from, "inputs"), "inputs"));
  if (entries.length > MOST_TENSORS) throw invalid(`inputs holds more than ${MOST_TENSORS} tensors`);
  const encoding = member(from, "encoding") ?? "json";
  if (encoding !== "json" && encoding !== "base64") throw invalid("encoding must be json or base64");
  return {
    inputs: new Map(entries.map(([name, value], index) => [name, parseTensor(value, `input ${index + 1}`)])),
    outputs: parseOutputs(member(from, "outputs")),
    encoding,
  };
}

function parseOutputs(value: unknown): string[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_TENSORS) {
    throw invalid(`outputs must be a list of 1 to ${MOST_TENSORS} names`);
  }
  return value.map((name) => {
    if (typeof name !== "string") throw invalid("outputs must be a list of names");
    return name;
  });
}

function parseTensor(value: unknown, where: string): TensorValue {
  const from = object(value, where);
  const type = member(from, "type");
  if (!isElementType(type)) throw invalid(`the type of ${where} is not one that ONNX Runtime has`);
  const dims = parseDims(from, where);
  const count = dims.reduce((product, length) => product * length, 1);
  if (!(count <= MOST_ELEMENTS)) throw invalid(`${where} holds more than ${MOST_ELEMENTS} elements`);
  const data = member(from, "data");
  const parsed = typeof data === "string" ? fromBase64(data, type, where) : fromList(data, type, where);
  if (parsed.length !== count) throw invalid(`${where}: the number of elements does not fit dims`);
  return { type, dims, data: parsed };
}

function isElementType(value: unknown): value is ElementType {
  return value === "string" || (typeof value === "string" && Object.hasOwn(arrays, value));
}

function parseDims(from: JsonObject, where: string): number[] {
  const dims = member(from, "dims");
  if (!Array.isArray(dims) || dims.length > MOST_DIMS) {
    throw invalid(`the dims of ${where} must be a list of at most ${MOST_DIMS} lengths`);
  }
  return dims.map((length: unknown) => {
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
      throw invalid(`the dims of ${where} must be whole numbers from 0`);
    }
    return length;
  });
}

function fromBase64(text: string, type: ElementType, where: string): TensorData {
  if (type === "string") throw invalid(`the data of ${where} must be a list of texts`);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw invalid(`the data of ${where} is not base64`);
  const bytes = Buffer.from(text, "base64");
  const Typed = arrays[type];
  if (bytes.length % Typed.BYTES_PER_ELEMENT !== 0) throw invalid(`the data of ${where} ends inside an element`);
  // A fresh copy: Node's pooled buffers begin at addresses that a wider typed array cannot start from.
  const copy = new Uint8Array(bytes).buffer;
  return new Typed(copy);
}

function fromList(data: unknown, type: ElementType, where: string): TensorData {
  if (!Array.isArray(data) || data.length > MOST_ELEMENTS) {
    throw invalid(`the data of ${where} must be a list or base64`);
  }
  const bad = () => invalid(`the data of ${where} has an element that is no ${type}`);
  if (type === "string") {
    if (!data.every((element) => typeof element === "string")) throw bad();
    return data;
  }
  if (type === "float16") throw invalid(`the data of ${where} must be base64 for float16`);
  if (type === "float32" || type === "float64") {
    const numbers = data.map((element: unknown) => floatOf(element) ?? raise(bad));
    return type === "float32" ? Float32Array.from(numbers) : Float64Array.from(numbers);
  }
  if (type === "bool") return Uint8Array.from(data.map((element: unknown) => bitOf(element) ?? raise(bad)));
  return integers(data, type, bad);
}

type IntegerType = Exclude<keyof typeof arrays, "float16" | "float32" | "float64" | "bool">;

/** A typed array wraps round silently: what does not read back as it was written did not fit. */
function integers(data: unknown[], type: IntegerType, bad: () => Error): TensorData {
  if (type === "int64" || type === "uint64") {
    const exact = data.map((element) => bigOf(element) ?? raise(bad));
    const wide = type === "int64" ? BigInt64Array.from(exact) : BigUint64Array.from(exact);
    if (exact.some((element, index) => wide[index] !== element)) throw bad();
    return wide;
  }
  const exact = data.map((element) => (typeof element === "number" ? element : raise(bad)));
  const narrow = new arrays[type](exact);
  if (exact.some((element, index) => narrow[index] !== element)) throw bad();
  return narrow;
}

function bitOf(element: unknown): number | undefined {
  if (element === true || element === 1) return 1;
  return element === false || element === 0 ? 0 : undefined;
}

function floatOf(element: unknown): number | undefined {
  if (typeof element === "number") return element;
  if (element === "NaN") return Number.NaN;
  if (element === "Infinity") return Number.POSITIVE_INFINITY;
  return element === "-Infinity" ? Number.NEGATIVE_INFINITY : undefined;
}

function bigOf(element: unknown): bigint | undefined {
  if (typeof element === "number" && Number.isSafeInteger(element)) return BigInt(element);
  return typeof element === "string" && /^-?\d{1,20}$/.test(element) ? BigInt(element) : undefined;
}

function raise(make: () => Error): never {
  throw make();
}

/** 422 unless the inputs are the model's: names, types, ranks, fixed lengths, and equal lengths for one free name. */
export function matchInputs(inputs: ReadonlyMap<string, TensorValue>, specs: readonly TensorSpec[]): void {
  const free = new Map<string, number>();
  for (const spec of specs) {
    const value = inputs.get(spec.name);
    if (value === undefined) throw invalid(`the input ${spec.name} is missing`);
    if (value.type !== spec.type) throw invalid(`the input ${spec.name} must be of type ${spec.type}`);
    if (value.dims.length !== spec.dims.length)
      throw invalid(`the input ${spec.name} must have ${spec.dims.length} dims`);
    for (const [index, wanted] of spec.dims.entries()) {
      const length = value.dims[index];
      const bound = typeof wanted === "number" ? wanted : free.get(wanted);
      if (length !== bound && bound !== undefined)
        throw invalid(`the input ${spec.name}: dims[${index}] must be ${shown(wanted)}`);
      if (typeof wanted === "string" && wanted !== "" && length !== undefined) free.set(wanted, length);
    }
  }
  if (inputs.size > specs.length) {
    throw invalid(`an input is not one of the model's: ${specs.map((spec) => spec.name).join(", ")}`);
  }
}

function shown(wanted: number | string): string {
  return typeof wanted === "number" ? String(wanted) : `the same ${wanted} as before`;
}

export function toJson(value: TensorValue, encoding: "json" | "base64"): TensorJson {
  const { type, dims, data } = value;
  if (Array.isArray(data)) return { type, dims, data };
  if (encoding === "base64" || type === "float16") {
    return { type, dims, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") };
  }
  return {
    type,
    dims,
    data: Array.from<number | bigint, number | string | boolean>(data, (element) => plain(element, type)),
  };
}

function plain(element: number | bigint, type: ElementType): number | string | boolean {
  if (type === "bool") return element !== 0;
  if (typeof element === "number") return Number.isFinite(element) ? element : String(element);
  const number = Number(element);
  return Number.isSafeInteger(number) ? number : String(element);
}
