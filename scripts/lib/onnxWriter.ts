/**
 * Writes small ONNX models (protobuf messages of `onnx.proto3`, https://github.com/onnx/onnx). Just the fields that a
 * straight graph needs. The same description always gives the same bytes.
 */

/** `TensorProto.DataType`. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const;
export type OnnxElementType = keyof typeof elementTypes;

export interface OnnxValue {
  name: string;
  type: OnnxElementType;
  /** A length, or the name of a free one. */
  dims: readonly (number | string)[];
}

export interface OnnxNode {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  /** Whole-number attributes, by name. */
  attributes?: Readonly<Record<string, number>>;
}

export interface OnnxGraph {
  name: string;
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
  nodes: readonly OnnxNode[];
  /** Constant float32 tensors. */
  weights?: readonly { name: string; dims: readonly number[]; data: readonly number[] }[];
}

const IR_VERSION = 8;
const OPSET_VERSION = 17;
const ATTRIBUTE_TYPE_INT = 2;

export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  return message([
    integer(1, IR_VERSION),
    text(2, "gatehouse"),
    bytes(7, graphProto(graph)),
    bytes(8, message([integer(2, OPSET_VERSION)])),
  ]);
}

function graphProto(graph: OnnxGraph): Uint8Array {
  return message([
    ...graph.nodes.map((node, index) => bytes(1, nodeProto(node, index))),
    text(2, graph.name),
    ...(graph.weights ?? []).map((weight) => bytes(5, tensorProto(weight))),
    ...graph.inputs.map((value) => bytes(11, valueProto(value))),
    ...graph.outputs.map((value) => bytes(12, valueProto(value))),
  ]);
}

function nodeProto(node: OnnxNode, index: number): Uint8Array {
  const attributes = Object.entries(node.attributes ?? {});
  return message([
    ...node.inputs.map((name) => text(1, name)),
    ...node.outputs.map((name) => text(2, name)),
    text(3, `${node.op}_${index}`),
    text(4, node.op),
    ...attributes.map(([name, value]) =>
      bytes(5, message([text(1, name), integer(3, value), integer(20, ATTRIBUTE_TYPE_INT)])),
    ),
  ]);
}

function tensorProto(weight: { name: string; dims: readonly number[]; data: readonly number[] }): Uint8Array {
  const raw = new DataView(new ArrayBuffer(weight.data.length * 4));
  for (const [index, value] of weight.data.entries()) raw.setFloat32(index * 4, value, true);
  return message([
    ...weight.dims.map((length) => integer(1, length)),
    integer(2, elementTypes.float32),
    text(8, weight.name),
    bytes(9, new Uint8Array(raw.buffer)),
  ]);
}

function valueProto(value: OnnxValue): Uint8Array {
  const dims = value.dims.map((length) =>
    bytes(1, message([typeof length === "number" ? integer(1, length) : text(2, length)])),
  );
  const tensor = message([integer(1, elementTypes[value.type]), bytes(2, message(dims))]);
  return message([text(1, value.name), bytes(2, message([bytes(1, tensor)]))]);
}

type Field = readonly number[] | Uint8Array;

function message(fields: readonly Field[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((field) => [...field]));
}

function integer(field: number, value: number): Field {
  return [...varint(field << 3), ...varint(value)];
}

function text(field: number, value: string): Field {
  return bytes(field, new TextEncoder().encode(value));
}

function bytes(field: number, value: Uint8Array): Field {
  return [...varint((field << 3) | 2), ...varint(value.length), ...value];
}

/** Base-128, least significant group first; a negative number takes all ten bytes of a 64-bit one. */
function varint(value: number): number[] {
  const groups: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    groups.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  groups.push(Number(rest));
  return groups;
}
