import { IncomingMessage } from "node:http";
import { Duplex, type Readable } from "node:stream";
import { inspect } from "node:util";
import Docker from "dockerode";
import type { z } from "zod";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { ByteStream, Cancellable, Clock } from "../ports.ts";
import { LinkAgent } from "./agent.ts";
import { type FollowedBody, follow } from "./follow.ts";
import { engineFailure, type Subject } from "./problems.ts";

export interface EngineRequest extends Cancellable {
  method?: "GET" | "POST" | "DELETE";
  /** Without version and query; ids and names in it must have been checked. */
  path: string;
  query?: Record<string, string | number | boolean | object>;
  body?: object;
  subject?: Subject;
  /** Until the whole answer is there, or of a stream its head; default 30,000. */
  timeoutMs?: number;
  /** Statuses besides 2xx that are no failure. */
  also?: readonly number[];
}

export interface EngineClient {
  /** An answer narrowed by a schema; one of another shape is an `ENGINE_ERROR`. */
  json<T>(schema: z.ZodType<T>, request: EngineRequest): Promise<T>;
  /** Status alone; the body is read and dropped. */
  done(request: EngineRequest): Promise<number>;
  /** The body of an answer that goes on. Destroy it when done. */
  stream(request: EngineRequest): Promise<Readable>;
  /** The same with GET for what goes on for long in small chunks, over a connection of its own that no pool counts. */
  follow(request: EngineRequest): Promise<FollowedBody>;
  /** The raw connection behind `101 UPGRADED`. Destroy it when done. */
  hijack(request: EngineRequest): Promise<Duplex>;
  dispose(): void;
}

const defaultTimeoutMs = 30_000;
const maxBodyBytes = 64 * 1024 * 1024;
const anyStatus: Record<number, boolean> = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [i + 100, true]));

/**
 * The engine's HTTP API over streams that `open` makes. dockerode carries the requests; sorting out answers is done here,
 * in one place, because its own methods put no bound on what they read and tell failures apart by status alone.
 */
export function createClient(deps: {
  open: (options: Cancellable) => Promise<ByteStream>;
  clock: Clock;
  /** `v1.44`, or none for the calls that find it out. */
  version?: string;
}): EngineClient {
  const { clock } = deps;
  const agent = new LinkAgent(() => deps.open({}), clock);
  const docker = createDocker({ agent, version: deps.version });
  const followed = new Set<FollowedBody>();

  async function send(
    request: EngineRequest,
    mode: "plain" | "hijack",
    limit: Limit,
  ): Promise<IncomingMessage | Duplex> {
    const call = () => dial(docker, request, mode, limit.signal);
    try {
      return await call();
    } catch (error) {
      limit.check();
      // A pooled channel that the engine closed at this very moment: reading may simply be asked again.
      if ((request.method ?? "GET") !== "GET" || !/ECONNRESET|EPIPE|socket hang up/.test(reasonOf(error))) throw error;
      return await call();
    }
  }

  async function withLimit<T>(request: EngineRequest, work: (limit: Limit) => Promise<T>): Promise<T> {
    const limit = createLimit(request, clock);
    try {
      return await work(limit);
    } catch (error) {
      limit.check();
      if (isFailure(error)) throw error;
      throw new Failure("ENGINE_UNAVAILABLE", { reason: reasonOf(error) }, { retryable: true, cause: error });
    } finally {
      limit.stop();
    }
  }

  async function answer(request: EngineRequest, limit: Limit): Promise<IncomingMessage> {
    const response = await send(request, "plain", limit);
    if (!(response instanceof IncomingMessage)) throw new Error("the engine changed the protocol unasked");
    return await accepted(response.statusCode ?? 0, response, request);
  }

  return {
    json: (schema, request) =>
      withLimit(request, async (limit) => {
        const text = (await readAll(await answer(request, limit))).toString("utf8");
        const parsed = schema.safeParse(parseJson(text));
        if (parsed.success) return parsed.data;
        const where = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
        throw new Failure("ENGINE_ERROR", { status: 200, message: `unexpected answer to ${request.path}: ${where}` });
      }),
    done: (request) =>
      withLimit(request, async (limit) => {
        const response = await answer(request, limit);
        await readAll(response);
        return response.statusCode ?? 0;
      }),
    stream: (request) => withLimit(request, (limit) => answer(request, limit)),
    follow: (request) =>
      withLimit(request, async (limit) => {
        const stream = await deps.open({ signal: limit.signal });
        const { head, body } = await follow(stream, targetOf(request, deps.version), { signal: limit.signal, clock });
        followed.add(body);
        body.onClose(() => followed.delete(body));
        return await accepted(head.status, body, request, limit.signal);
      }),
    hijack: (request) =>
      withLimit(request, async (limit) => {
        const result = await send(request, "hijack", limit);
        if (!(result instanceof IncomingMessage)) return result;
        await accepted(result.statusCode ?? 0, result, request);
        result.destroy();
        throw new Failure("ENGINE_ERROR", {
          status: result.statusCode ?? 0,
          message: "the engine does not hand over the stream",
        });
      }),
    dispose() {
      agent.destroy();
      for (const body of followed) body.destroy(new Error("the engine is no longer asked"));
    },
  };
}

/**
 * docker-modem takes what it is not told from this process's `DOCKER_HOST`, `DOCKER_CERT_PATH` and
 * `DOCKER_CLIENT_TIMEOUT` (in milliseconds, and also for logs that are followed): all of it has to be taken back.
 */
function createDocker(options: { agent: LinkAgent; version: string | undefined }): Docker {
  const none = { socketPath: undefined, ca: undefined, cert: undefined, key: undefined, timeout: undefined };
  const all = {
    ...none,
    ...options,
    protocol: "http",
    host: "http://engine",
    port: undefined,
    pathPrefix: "/",
  } as const;
  try {
    return new Docker(all as Docker.DockerOptions);
  } catch (error) {
    // It reads the certificates although it is not to use them.
    throw new Failure("ENGINE_UNAVAILABLE", { reason: reasonOf(error) }, { cause: error });
  }
}

/** docker-modem's path and query conventions; every status counts as good, so that the body is ours to read. */
function dial(docker: Docker, request: EngineRequest, mode: "plain" | "hijack", signal: AbortSignal) {
  return new Promise<IncomingMessage | Duplex>((resolve, reject) => {
    const options = {
      path: `${request.path}?`,
      method: request.method ?? "GET",
      options: { _query: request.query ?? {}, _body: request.body ?? {} },
      isStream: true,
      hijack: mode === "hijack",
      statusCodes: anyStatus,
      abortSignal: signal,
    };
    docker.modem.dial(options, (error: unknown, result: unknown) => {
      if (error) reject(error);
      else if (result instanceof IncomingMessage || result instanceof Duplex) resolve(result);
      else reject(new Error("no answer"));
    });
  });
}

/** A body that is refused is read to its end; `signal` cuts that short. */
async function accepted<T extends AsyncIterable<Buffer> & { destroy(): void }>(
  status: number,
  response: T,
  request: EngineRequest,
  signal?: AbortSignal,
): Promise<T> {
  if ((status >= 200 && status < 300) || request.also?.includes(status)) return response;
  const cut = () => response.destroy();
  signal?.addEventListener("abort", cut, { once: true });
  const text = (await readAll(response).finally(() => signal?.removeEventListener("abort", cut))).toString("utf8");
  const body = parseJson(text);
  const message = typeof body === "object" && body !== null && "message" in body ? String(body.message) : text;
  throw engineFailure(status, message, request.subject ?? {});
}

/** Objects in a query are JSON, as the engine's API has it. */
function targetOf({ path, query = {} }: EngineRequest, version: string | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    search.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return `${version === undefined ? "" : `/${version}`}${path}?${search}`;
}

async function readAll(response: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Failure("ENGINE_ERROR", { status: 200, message: "the answer is too long" });
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Limit {
  signal: AbortSignal;
  /** Throws the failure that the limit stands for, once it has fired. */
  check(): void;
  /** Takes the time limit off. The caller's own signal goes on counting for streams. */
  stop(): void;
}

function createLimit(request: EngineRequest, clock: Clock): Limit {
  const { timeoutMs = defaultTimeoutMs, path } = request;
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort());
  const signal = request.signal ? AbortSignal.any([request.signal, late.signal]) : late.signal;
  // What docker-modem prints at each request must not lead from a signal to those who listen to it.
  Object.defineProperty(signal, inspect.custom, { value: () => "AbortSignal {}" });
  return {
    signal,
    check() {
      if (request.signal?.aborted) throw new Failure("CANCELLED");
      if (late.signal.aborted) throw new Failure("TIMED_OUT", { what: path, ms: timeoutMs }, { retryable: true });
    },
    stop: cancel,
  };
}
