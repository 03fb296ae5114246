import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface Answer {
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

const maxBodyBytes = 1_048_576;

export const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json",
  body: JSON.stringify(value),
});
export const html = (body: string, status = 200): Answer => ({ status, type: "text/html; charset=utf-8", body });
export const none: Answer = { status: 204, type: "", body: "" };
export const redirect = (location: string, more: Record<string, string> = {}): Answer => ({
  ...{ status: 302, type: "", body: "" },
  headers: { location, ...more },
});

export const iso = (ms: number): string => new Date(ms).toISOString();

export function same(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A request with the token in a header comes from no foreign page; any other must come from this very origin. */
export function sameOrigin({ headers }: IncomingMessage): boolean {
  if (headers.authorization !== undefined || headers.origin === undefined) return true;
  return headers.origin === `http://${headers.host}`;
}

export function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) reject(new Error("too large"));
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", reject);
  });
}
