import type { ChatAnswer, ChatRequest } from "./chat.ts";
import type { InferRequest, TensorJson, TensorSpec } from "./tensors.ts";

export type BackendName = "echo" | "onnx";

export interface EchoModel {
  kind: "echo";
  id: string;
  chat(request: ChatRequest): ChatAnswer;
  close(): Promise<void>;
}

export interface OnnxModel {
  kind: "onnx";
  id: string;
  inputs: readonly TensorSpec[];
  outputs: readonly TensorSpec[];
  infer(request: InferRequest): Promise<Record<string, TensorJson>>;
  close(): Promise<void>;
}

export type Model = EchoModel | OnnxModel;
