import { z } from "zod";
import { Failure } from "../failure.ts";

/** The reference server's one error shape, which OpenAI's servers share in part. */
const ownShape = z.object({ error: z.object({ code: z.string().nullish(), message: z.string().catch("") }) });
/** FastAPI's: `input` may hold what was sent, secrets included, so it is not even read. */
const fastApiShape = z.object({
  detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])).catch([]), type: z.string().catch("") })),
});

/**
 * An answer that is not a success, as a failure. `body` is masked JSON or text already; of what a server refuses only
 * its own words and the places in the request are told, never the input that it may have echoed.
 */
export function refusalOf(status: number, path: string, body: unknown): Failure {
  const own = ownShape.safeParse(body);
  const code = own.success ? (own.data.error.code ?? "") : "";
  const reason = own.success ? own.data.error.message.slice(0, 200) : "";
  const fields = fieldsOf(body);
  if (status === 401 || status === 403 || (status === 422 && fields.some(isKeyHeader))) {
    return new Failure("SERVER_REFUSED_KEY", { status });
  }
  if (status === 404) return new Failure("MODEL_NOT_FOUND", { path, ...(reason ? { reason } : {}) });
  if (status === 409 && code === "not_loaded") return new Failure("SERVER_NOT_READY", { reason: "no model is loaded" });
  if (status === 409 && code === "busy") {
    return new Failure("CONFLICT", { what: "model server" }, { retryable: true });
  }
  if (status === 503) {
    return new Failure("SERVER_NOT_READY", { reason: reason || "it answered 503" }, { retryable: true });
  }
  if (status >= 400 && status < 500) {
    const where = fields.map(({ loc, type }) => `${loc} (${type})`).join(", ");
    return new Failure("SERVER_REFUSED_INPUT", { status, path, reason: (reason || where).slice(0, 300) });
  }
  return new Failure("SERVER_ERROR", { status, path, reason });
}

function fieldsOf(body: unknown): { loc: string; type: string }[] {
  const parsed = fastApiShape.safeParse(body);
  if (!parsed.success) return [];
  return parsed.data.detail.slice(0, 8).map(({ loc, type }) => ({ loc: loc.join("."), type }));
}

/** FastAPI answers 422 for a missing header, and names it. */
function isKeyHeader({ loc }: { loc: string }): boolean {
  return /^header\.x[-_]api[-_]key$/i.test(loc);
}
