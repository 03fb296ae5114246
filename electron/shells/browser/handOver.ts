import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { Refusal } from "./guard.ts";
import type { Session } from "./session.ts";

export const HAND_OVER = "/hand-over";
/** Longest body, bytes. */
const BODY_LIMIT = 1024;

const text = z.string().max(200);
const bodySchema = z.union([z.strictObject({ code: text }), z.strictObject({ token: text })]);

/** Trades a code for the token, or says whether a token still holds (`{token}` in, the same out). */
export async function handOver(request: IncomingMessage, session: Session): Promise<{ token: string } | Refusal> {
  if (request.headers["content-type"] !== "application/json") return { status: 415, reason: "not JSON" };
  const bytes = await readBody(request);
  if (bytes === null) return { status: 413, reason: "too long" };
  const body = parse(bytes);
  if (body === null) return { status: 400, reason: "bad request" };
  if ("code" in body) {
    const result = session.redeem(body.code);
    return result.outcome === "right" ? { token: result.token } : refusalOf(result.outcome);
  }
  const outcome = session.check(body.token);
  return outcome === "right" ? { token: body.token } : refusalOf(outcome);
}

export function refusalOf(outcome: "wrong" | "too-many"): Refusal {
  return outcome === "wrong"
    ? { status: 401, reason: "not known, or used before" }
    : { status: 429, reason: "too many wrong tries, wait a minute" };
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > BODY_LIMIT) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parse(bytes: Buffer): z.infer<typeof bodySchema> | null {
  try {
    return bodySchema.parse(JSON.parse(bytes.toString("utf8")));
  } catch {
    return null;
  }
}
