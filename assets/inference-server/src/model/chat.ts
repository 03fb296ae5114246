import { invalid } from "../errors.ts";
import {
  type JsonObject,
  member,
  object,
  optionalFlag,
  optionalInteger,
  optionalNumber,
  optionalText,
} from "../validate.ts";

const MOST_MESSAGES = 1_024;
const DEFAULT_MAX_TOKENS = 1_024;
const roles = ["system", "developer", "user", "assistant", "tool"] as const;

export interface ChatMessage {
  role: (typeof roles)[number];
  text: string;
}

/** The part of OpenAI's chat request that is understood; further fields are accepted and not used, as clients send many. */
export interface ChatRequest {
  model: string | undefined;
  messages: ChatMessage[];
  temperature: number | undefined;
  topP: number | undefined;
  maxTokens: number;
  stream: boolean;
}

export interface ChatAnswer {
  /** In pieces, as they are streamed; the answer is their sum. */
  pieces: string[];
  finishReason: "stop" | "length";
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

export function parseChat(body: unknown): ChatRequest {
  const from = object(body, "the body");
  const modelParams = member(from, "model_params");
  if (modelParams !== undefined && modelParams !== null) object(modelParams, "model_params");
  return {
    model: optionalText(from, "model", 256),
    messages: parseMessages(member(from, "messages")),
    temperature: optionalNumber(from, "temperature", 0, 2),
    topP: optionalNumber(from, "top_p", 0, 1),
    maxTokens: optionalInteger(from, "max_tokens", 1, 1_000_000) ?? DEFAULT_MAX_TOKENS,
    stream: optionalFlag(from, "stream"),
  };
}

function parseMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_MESSAGES) {
    throw invalid(`messages must be a list of 1 to ${MOST_MESSAGES} messages`);
  }
  return value.map((entry, index) => {
    const message = object(entry, `messages[${index}]`);
    const role = roles.find((name) => name === member(message, "role"));
    if (role === undefined) throw invalid(`messages[${index}].role must be one of ${roles.join(", ")}`);
    return { role, text: contentText(message, index) };
  });
}

/** A text, or a list of parts of which the text ones count. */
function contentText(message: JsonObject, index: number): string {
  const content = member(message, "content");
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw invalid(`messages[${index}].content must be a text or a list of parts`);
  return content
    .map((entry) => {
      const part = object(entry, `a part of messages[${index}].content`);
      if (typeof member(part, "type") !== "string") throw invalid(`a part of messages[${index}].content has no type`);
      const text = member(part, "text");
      return typeof text === "string" ? text : "";
    })
    .join("");
}

/** Words with the blank before them: what the echo backend counts as tokens, and says so by being an echo. */
function words(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** Answers with what was said, under a label that nobody can take for a model. */
export function echo(request: ChatRequest): ChatAnswer {
  const said = request.messages.findLast((message) => message.role === "user")?.text ?? "";
  const all = words(
    said === "" ? "[echo backend, no model] You said nothing." : `[echo backend, no model] You said: ${said}`,
  );
  const pieces = all.slice(0, request.maxTokens);
  const prompt = request.messages.reduce((sum, message) => sum + words(message.text).length, 0);
  return {
    pieces,
    finishReason: pieces.length < all.length ? "length" : "stop",
    usage: { prompt_tokens: prompt, completion_tokens: pieces.length, total_tokens: prompt + pieces.length },
  };
}
