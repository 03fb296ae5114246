import { z } from "zod";
import { change, containerId, engineErrors, hostErrors, hostId, launchErrors, secretErrors } from "./base.ts";

export const tensor = z.object({
  type: z.enum(["float32", "float64", "int32", "int64", "uint8", "bool"]),
  dims: z.array(z.number().int().nonnegative()).max(8),
  data: z.array(z.number()).max(1_000_000),
});
export type TensorView = z.infer<typeof tensor>;

const one = { hostId, containerId };
const errors = { ...hostErrors, ...engineErrors, ...launchErrors, ...secretErrors };

/** Questions to a running model server, through the tunnel, with its key. Answers are masked before they leave the core. */
export const inference = {
  chat: change("inference.chat", "low")
    .errors(errors)
    .input(
      z.strictObject({
        ...one,
        messages: z
          .array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string().max(100_000) }))
          .min(1)
          .max(100),
        maxTokens: z.number().int().min(1).max(32_768),
      }),
    )
    .output(
      z.object({
        answer: z.string(),
        model: z.string(),
        latencyMs: z.number(),
        promptTokens: z.number().int().nullable(),
        completionTokens: z.number().int().nullable(),
      }),
    ),
  infer: change("inference.infer", "low")
    .errors(errors)
    .input(z.strictObject({ ...one, inputs: z.record(z.string().max(200), tensor) }))
    .output(
      z.object({ outputs: z.record(z.string(), tensor), latencyMs: z.number(), serverMs: z.number().nullable() }),
    ),
};
