import { createHttpEngine, EngineError, type EngineRequest, type HttpEngine, type Reply } from "./http.ts";
import { wordingOf } from "./wording.ts";

export interface Route {
  method: string;
  /** Anchored; its groups become `params`. */
  pattern: RegExp;
  handle(request: EngineRequest, reply: Reply): Promise<void> | void;
}

export interface RouterOptions {
  /** `1.47` */
  apiVersion: string;
  minApiVersion: string;
  serverHeader: string;
  routes: readonly Route[];
  /** Waits before each answer (a slow engine), and may throw. */
  before?(): Promise<void>;
}

/** `route("GET", "/containers/{}/json", …)`: `{}` stands for one part of the path, `{*}` for one or more. */
export function route(method: string, path: string, handle: Route["handle"]): Route {
  const source = path.replaceAll("{*}", "(.+)").replaceAll("{}", "([^/]+)");
  return { method, pattern: new RegExp(`^${source}$`), handle };
}

/** The Docker Engine API's outer shape: versions in the path, error bodies, headers. */
export function createRouter(options: RouterOptions): HttpEngine {
  const headers = {
    "Api-Version": options.apiVersion,
    "Docker-Experimental": "false",
    Ostype: "linux",
    Server: options.serverHeader,
    "X-Gatehouse-Practice": "simulated",
  };
  return createHttpEngine(headers, async (incoming, reply) => {
    await options.before?.();
    const { api, path } = versioned(incoming.path, options);
    for (const { method, pattern, handle } of options.routes) {
      if (method !== incoming.method && !(incoming.method === "HEAD" && method === "GET")) continue;
      const match = pattern.exec(path);
      if (match === null) continue;
      const params = match.slice(1).map(decode);
      await handle({ ...incoming, path, api, params }, reply);
      return;
    }
    throw new EngineError(404, "page not found");
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new EngineError(400, "invalid URL escape");
  }
}

function minor(version: string): number {
  return Number(version.split(".")[1]);
}

function versioned(path: string, options: RouterOptions): { api: number; path: string } {
  const match = /^\/v(\d+)\.(\d+)(\/.*)$/.exec(path);
  if (match === null) return { api: minor(options.apiVersion), path };
  const [, major = "1", small = "0", rest = "/"] = match;
  const asked = `${major}.${small}`;
  if (major !== "1" || Number(small) > minor(options.apiVersion)) {
    throw new EngineError(
      400,
      `client version ${asked} is too new. Maximum supported API version is ${options.apiVersion}`,
    );
  }
  if (Number(small) < minor(options.minApiVersion)) {
    throw new EngineError(
      400,
      `client version ${asked} is too old. Minimum supported API version is ${options.minApiVersion}, ` +
        "please upgrade your client to a newer version",
      // Errors were plain text before API 1.23, and to such a client they still are.
      Number(small) < 23,
    );
  }
  return { api: Number(small), path: rest };
}

/** A query flag as the engine reads it: `1`, `true`, `True`; absent is `fallback`. */
export function flag(query: URLSearchParams, name: string, fallback = false): boolean {
  const value = query.get(name);
  if (value === null || value === "") return fallback;
  return !["0", "false", "False", "no", "none"].includes(value);
}

/** The `filters` parameter: a JSON object of arrays, or of objects with `true` as the older form has it. */
export function readFilters(query: URLSearchParams, api: number): Map<string, string[]> {
  const text = query.get("filters");
  const filters = new Map<string, string[]>();
  if (text === null || text === "") return filters;
  const bad = () => new EngineError(wordingOf(api).badFilters.status, wordingOf(api).badFilters.message);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad();
  }
  if (typeof parsed !== "object" || parsed === null) throw bad();
  for (const [name, value] of Object.entries(parsed)) {
    if (Array.isArray(value)) filters.set(name, value.map(String));
    else if (typeof value === "object" && value !== null) filters.set(name, Object.keys(value));
    else throw bad();
  }
  return filters;
}

/** `label` filters: `key` or `key=value`, all of which must hold. */
export function labelsMatch(labels: Readonly<Record<string, string>>, wanted: readonly string[] | undefined): boolean {
  return (wanted ?? []).every((each) => {
    const equals = each.indexOf("=");
    const key = equals < 0 ? each : each.slice(0, equals);
    return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === each.slice(equals + 1));
  });
}
