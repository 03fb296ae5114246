import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { Clock, Random } from "../../core/ports.ts";
import { type Admission, createAdmission } from "./admission.ts";
import { type Answer, bodyOf, html, iso, json, redirect, sameOrigin } from "./answers.ts";
import type { Kernel } from "./kernel.ts";
import { createKernels, type Kernels } from "./kernels.ts";
import { pageHtml, pageScript, pageStyle } from "./page.ts";

export interface SiteOptions {
  clock: Clock;
  random: Random;
  /** Empty: everybody gets in. */
  token: string;
  /** Begins and ends with a slash. */
  basePath: string;
  /** What it says it listens on: that of the simulated host. */
  port: number;
  /** It is asked by any name: as the real one, where it listens on every address. */
  anyName: boolean;
  nextPid(): number;
  /** Somebody asked it to end. */
  onShutdown(): void;
}

export const practiceVersion = "2.14.2";
const welcome = "welcome.ipynb";
const maxFiles = 20;

/** What a simulated server answers (jupyter_server, `services/api/api.yaml`). */
export interface Site {
  kernels: Kernels;
  answer(request: IncomingMessage): Promise<Answer>;
  /** The kernel whose channels are asked for; a status where there is none, or nobody may. */
  channels(request: IncomingMessage): Kernel | 403 | 404;
  attach(kernel: Kernel, wire: WebSocket): void;
}

export function createSite(options: SiteOptions): Site {
  const { basePath, clock } = options;
  const startedAt = clock.now();
  let lastAt = startedAt;
  const onActivity = () => {
    lastAt = clock.now();
  };
  const kernels = createKernels({ ...options, onActivity });
  const admission = createAdmission(options);
  const contents = createContents(startedAt, () => lastAt);

  async function api(request: IncomingMessage, path: string): Promise<Answer> {
    const [what = "", id = "", act = ""] = path.split("/");
    const { method = "GET" } = request;
    switch (what) {
      case "status": {
        const times = { started: iso(startedAt), last_activity: iso(lastAt) };
        return json(200, { ...times, kernels: kernels.list().length, connections: kernels.connections() });
      }
      case "kernelspecs":
        return json(200, kernelSpecs);
      case "kernels":
        return kernels.answerKernels(method, id, act);
      case "sessions":
        return kernels.answerSessions(method, id, () => bodyOf(request));
      case "contents":
        return contents(request, decodeURIComponent(path.slice("contents/".length)));
      case "shutdown":
        if (method === "POST") setImmediate(options.onShutdown);
        return json(200, { message: "Shutting down" });
      default:
        return json(404, { message: "Not Found" });
    }
  }

  async function admitted(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Answer> {
    const safe = request.method === "GET" || request.method === "HEAD";
    // Changes by cookie alone could come from a foreign page.
    if (!safe && (admission.way(request) === "cookie" || !sameOrigin(request))) {
      return json(403, { message: "'_xsrf' argument missing" });
    }
    if (path.startsWith("api/")) {
      if (path !== "api/status" && !query.has("no_track_activity")) onActivity();
      return api(request, path.slice("api/".length));
    }
    const page = pageOf(path, basePath);
    return query.has("token") ? { ...page, headers: { ...page.headers, ...admission.cookie() } } : page;
  }

  return {
    kernels,
    attach: kernels.attach,
    channels: (request) => channelsOf(request, basePath, admission, kernels),
    async answer(request) {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
      if (!admission.isNamed(request)) return json(403, { message: "Forbidden" });
      if (!pathname.startsWith(basePath)) return pathname === "/" ? redirect(basePath) : notFound;
      const path = pathname.slice(basePath.length);
      if (/^api\/?$/.test(path)) return json(200, { version: practiceVersion });
      if (path === "login") return admission.login(request);
      if (admission.way(request) !== null) return admitted(request, path, searchParams);
      if (path.startsWith("api/")) return json(403, { message: "Forbidden", reason: null });
      return redirect(`${basePath}login?next=${encodeURIComponent(pathname)}`);
    },
  };
}

function channelsOf(request: IncomingMessage, basePath: string, admission: Admission, kernels: Kernels) {
  const admits = admission.isNamed(request) && admission.way(request) !== null && sameOrigin(request);
  if (!admits) return 403;
  const { pathname } = new URL(request.url ?? "/", "http://x");
  const path = pathname.startsWith(basePath) ? pathname.slice(basePath.length) : "";
  const id = /^api\/kernels\/([A-Za-z0-9-]+)\/channels$/.exec(path)?.[1];
  return (id === undefined ? null : kernels.get(id)) ?? 404;
}

const notFound = html("<h1>404</h1>", 404);

function pageOf(path: string, basePath: string): Answer {
  if (path === "static/practice.js") return { status: 200, type: "text/javascript; charset=utf-8", body: pageScript };
  if (path === "static/practice.css") return { status: 200, type: "text/css; charset=utf-8", body: pageStyle };
  if (path === "") return redirect(`${basePath}lab`);
  return /^(?:lab|tree|notebooks)(?:\/|$)/.test(path) ? html(pageHtml(basePath)) : notFound;
}

/** `api/contents…`: some notebooks in memory. */
function createContents(startedAt: number, lastAt: () => number) {
  const files = new Map<string, unknown>([[welcome, welcomeFile]]);
  const about = (name: string, content: unknown) => ({
    ...{ name, path: name, type: "notebook", format: content === null ? null : "json", content },
    ...{ writable: true, created: iso(startedAt), last_modified: iso(lastAt()), mimetype: null },
  });
  return async (request: IncomingMessage, name: string): Promise<Answer> => {
    if (name === "") {
      const content = [...files.keys()].map((each) => about(each, null));
      return json(200, { name: "", path: "", type: "directory", format: "json", content, writable: true });
    }
    if (request.method === "PUT") {
      if (files.size >= maxFiles && !files.has(name)) return json(507, { message: "no room" });
      const { content } = z.object({ content: z.unknown() }).parse(JSON.parse(await bodyOf(request)));
      files.set(name, content);
    }
    return files.has(name) ? json(200, about(name, files.get(name))) : json(404, { message: `no such file: ${name}` });
  };
}

const cell = (source: string) => ({ cell_type: "code", source, metadata: {}, outputs: [], execution_count: null });
const welcomeFile = {
  cells: [cell("1+1"), cell("x = 6\nx * 7"), cell("x")],
  metadata: { kernelspec: { name: "python3", display_name: "Python 3 (simulated)" } },
  nbformat: 4,
  nbformat_minor: 5,
};
const kernelSpecs = {
  default: "python3",
  kernelspecs: { python3: { name: "python3", spec: { display_name: "Python 3 (simulated)", language: "python" } } },
};
