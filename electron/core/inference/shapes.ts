/** What model servers answer, and how it becomes the contract's own shapes. */
import { z } from "zod";
import type { TensorView } from "../../contract/inference.ts";
import { Failure } from "../failure.ts";

export const chatAnswer = z.object({
  model: z.string().catch(""),
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
  usage: z
    .object({
      prompt_tokens: z.number().int().nullish().catch(null),
      completion_tokens: z.number().int().nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

const element = z.union([z.number(), z.string(), z.boolean()]);
const tensorAnswer = z.object({
  type: z.string(),
  dims: z.array(z.number().int().nonnegative()).max(8),
  data: z.array(element).max(1_000_000),
});
export const inferAnswer = z.object({
  outputs: z.record(z.string().max(200), tensorAnswer),
  latency_ms: z.number().nullish().catch(null),
});

const shownTypes: ReadonlySet<string> = new Set(["float32", "float64", "int32", "int64", "uint8", "bool"]);

/** Numbers that JSON cannot hold come as texts; one that a tensor on the screen cannot hold is a `SERVER_ERROR`. */
export function tensorsOf(outputs: z.infer<typeof inferAnswer>["outputs"]): Record<string, TensorView> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => {
      if (!shownTypes.has(type)) throw unshown(name, `it is of type ${type.slice(0, 20)}`);
      const numbers = data.map(Number);
      if (!numbers.every(Number.isFinite)) throw unshown(name, "it holds what is not a finite number");
      return [name, { type: type as TensorView["type"], dims, data: numbers }];
    }),
  );
}

function unshown(output: string, why: string): Failure {
  return new Failure("SERVER_ERROR", { path: "/v1/infer", reason: `the output ${output} cannot be shown: ${why}` });
}
