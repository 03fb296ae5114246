import { ORPCError } from "@orpc/client";
import type { Problem } from "../../electron/contract/index.ts";
import { ConnectionError } from "./index.ts";

/** Whatever a call threw, as data that the catalogue has words for. What is not a typed error is `INTERNAL`. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ConnectionError) {
    return { code: error.kind === "lost" ? "CONNECTION_LOST" : "CONNECTION_REFUSED", details: {} };
  }
  if (error instanceof ORPCError) return { code: error.code, details: detailsOf(error.data) };
  return { code: "INTERNAL", details: {} };
}

function detailsOf(data: unknown): Problem["details"] {
  if (typeof data !== "object" || data === null || !("details" in data)) return {};
  const { details } = data;
  if (typeof details !== "object" || details === null) return {};
  const plain = Object.entries(details).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return Object.fromEntries(plain) as Problem["details"];
}
