import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exampleInputs, parseTensors } from "../../../../../renderer/features/containers/tensors.ts";

test("the example is the one of the model that comes with the program", () => {
  const url = new URL("../../../../../assets/models/classifier.json", import.meta.url);
  const { example } = JSON.parse(readFileSync(url, "utf8"));
  expect(parseTensors(exampleInputs)).toEqual({ ok: true, inputs: example.inputs });
});

const tensor = { type: "float32", dims: [1, 2], data: [1, 2] };

test.each([
  ["no JSON", "{", { ok: false, reason: "json", name: "" }],
  ["a list", "[]", { ok: false, reason: "json", name: "" }],
  ["null", "null", { ok: false, reason: "json", name: "" }],
  ["an unknown type", JSON.stringify({ x: { ...tensor, type: "string" } }), { ok: false, reason: "shape", name: "x" }],
  ["dims below zero", JSON.stringify({ x: { ...tensor, dims: [-1, -2] } }), { ok: false, reason: "shape", name: "x" }],
  ["texts as data", JSON.stringify({ x: { ...tensor, data: ["1", "2"] } }), { ok: false, reason: "shape", name: "x" }],
  ["too few values", JSON.stringify({ x: { ...tensor, data: [1] } }), { ok: false, reason: "size", name: "x" }],
  [
    "no dims is one value",
    JSON.stringify({ x: { type: "int64", dims: [], data: [7] } }),
    { ok: true, inputs: { x: { type: "int64", dims: [], data: [7] } } },
  ],
])("%s", (_name, text, result) => {
  expect(parseTensors(text)).toEqual(result);
});
