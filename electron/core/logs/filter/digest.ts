import { createHash } from "node:crypto";
import type { Held } from "../buffer/index.ts";

/** Tells lines of the same millisecond apart, also after the log was opened again. */
export function lineDigest(line: Pick<Held, "stream" | "text">): string {
  return createHash("sha256").update(line.stream).update("\n").update(line.text).digest("base64url").slice(0, 22);
}
