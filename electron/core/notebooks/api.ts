import { request } from "node:http";
import { z } from "zod";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { ByteStream, Cancellable, Clock } from "../ports.ts";
import type { Secret } from "../secrets/index.ts";
import { wholeBody } from "../wholeBody.ts";
import { limits } from "./types.ts";

export interface AskDeps {
  open(signal: AbortSignal): Promise<ByteStream>;
  clock: Pick<Clock, "after">;
  key: Secret | null;
  basePath: string;
  timeoutMs: number;
}

const maxAnswerBytes = 4 * 2 ** 20;

const stamp = z.string().transform((text) => Math.max(0, Date.parse(text) || 0));
const count = z.number().int().min(0);

const status = z.object({ started: stamp, last_activity: stamp, connections: count, kernels: count });
export type ServerStatus = z.infer<typeof status>;

const kernels = z
  .array(
    z.object({
      id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
      name: z.string().max(200),
      last_activity: stamp,
      execution_state: z.string().max(40),
      connections: count,
    }),
  )
  .max(limits.kernels);

const sessions = z.array(z.object({ path: z.string().max(1000).catch(""), kernel: z.object({ id: z.string() }) }));

export type ServerKernel = z.infer<typeof kernels>[number];

/** Without it a server that is only looked at would never count as idle, and never end by itself. */
const quietly = "?no_track_activity=1";

/** The API of a running Jupyter server (jupyter_server, `services/api/api.yaml`). */
export const askStatus = (deps: AskDeps, options?: Cancellable) => ask(deps, "GET", "api/status", status, options);
export const askKernels = (deps: AskDeps, options?: Cancellable) =>
  ask(deps, "GET", `api/kernels${quietly}`, kernels, options);
export const askSessions = (deps: AskDeps, options?: Cancellable) =>
  ask(deps, "GET", `api/sessions${quietly}`, sessions, options);
/** The one question that needs no key. */
export const askVersion = (deps: AskDeps, options?: Cancellable) =>
  ask({ ...deps, key: null }, "GET", "api", z.object({ version: z.string() }), options);
export const endKernel = (deps: AskDeps, kernelId: string, options?: Cancellable) =>
  ask(deps, "DELETE", `api/kernels/${kernelId}`, z.unknown(), options);
export const endServer = (deps: AskDeps, options?: Cancellable) =>
  ask(deps, "POST", "api/shutdown", z.unknown(), options);

/**
 * `NOTEBOOK_DOWN` {reason} when nobody answers, `NOTEBOOK_LOGIN_NEEDED` {status} when our key is not enough,
 * `NOTEBOOK_ODD_ANSWER` {path, status, type} when it is no Jupyter that answers. The link's own failures pass.
 */
async function ask<S extends z.ZodType>(
  deps: AskDeps,
  method: "GET" | "POST" | "DELETE",
  path: string,
  schema: S,
  { signal }: Cancellable = {},
): Promise<z.infer<S>> {
  const answer = await exchange(deps, method, path, signal);
  const odd = (type: string) => new Failure("NOTEBOOK_ODD_ANSWER", { path, status: answer.status, type });
  if (answer.status === 401 || answer.status === 403 || answer.status === 302) {
    throw new Failure("NOTEBOOK_LOGIN_NEEDED", { status: answer.status });
  }
  if (answer.status === 204 || (method === "POST" && answer.status === 200)) return schema.parse(undefined);
  if (answer.status !== 200 || !/^application\/json\b/i.test(answer.type))
    throw odd(answer.type.slice(0, 80) || "none");
  let data: unknown;
  try {
    data = JSON.parse(answer.body.toString("utf8"));
  } catch {
    throw odd("broken JSON");
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw odd("JSON of another shape");
  return parsed.data;
}

interface Answer {
  status: number;
  type: string;
  body: Buffer;
}

async function exchange(deps: AskDeps, method: string, path: string, outer?: AbortSignal): Promise<Answer> {
  const limit = new AbortController();
  const stop = deps.clock.after(deps.timeoutMs, () => limit.abort());
  const signal = outer === undefined ? limit.signal : AbortSignal.any([outer, limit.signal]);
  let stream: ByteStream | null = null;
  try {
    stream = await deps.open(signal);
    stream.on("error", () => {});
    return await send(stream, deps, method, path, signal);
  } catch (error) {
    if (outer?.aborted) throw new Failure("CANCELLED", {}, { cause: error });
    if (limit.signal.aborted) {
      throw new Failure("NOTEBOOK_DOWN", { reason: `no answer in ${deps.timeoutMs / 1000} s` }, { retryable: true });
    }
    if (isFailure(error) && error.code !== "CHANNEL_FAILED") throw error;
    throw new Failure("NOTEBOOK_DOWN", { reason: whyDown(error) }, { retryable: true, cause: error });
  } finally {
    stop();
    stream?.destroy();
  }
}

export function whyDown(error: unknown): string {
  return (isFailure(error) ? String(error.details.reason ?? error.code) : reasonOf(error)).slice(0, 200);
}

const tooLarge = () => new Error("the answer is larger than 4 MiB");

function send(stream: ByteStream, deps: AskDeps, method: string, path: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const authorization = deps.key?.use((value) => `token ${value.toString("latin1")}`);
    const outgoing = request({
      createConnection: () => stream,
      method,
      path: deps.basePath + path,
      headers: {
        // A name that every server takes for its own: others are refused (DNS rebinding).
        host: "127.0.0.1",
        connection: "close",
        accept: "application/json",
        ...(authorization === undefined ? {} : { authorization }),
        ...(method === "POST" ? { "content-length": 0 } : {}),
      },
    });
    const onAbort = () => outgoing.destroy(new Error("aborted"));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    outgoing.once("close", () => signal.removeEventListener("abort", onAbort));
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const type = response.headers["content-type"] ?? "";
      wholeBody(response, maxAnswerBytes, tooLarge)
        .then((body) => resolve({ status: response.statusCode ?? 0, type, body }))
        .catch(reject);
    });
    outgoing.end();
  });
}
