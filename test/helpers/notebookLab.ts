/** Notebooks through OpenSSH's sshd, and a browser's manners in front of them. */
import { randomBytes } from "node:crypto";
import { type IncomingHttpHeaders, request } from "node:http";
import WebSocket from "ws";
import type { Engine } from "../../electron/core/docker/index.ts";
import { Failure } from "../../electron/core/failure.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import {
  createNotebooks,
  type NotebookFile,
  type Notebooks,
  type NotebooksDeps,
} from "../../electron/core/notebooks/index.ts";
import type { HostLink } from "../../electron/core/ssh/index.ts";
import { createWays } from "../../electron/core/tunnels/index.ts";

export interface NotebookLab {
  notebooks: Notebooks;
  file(): NotebookFile;
  /** Values that the masker was told of. */
  registered: string[];
  close(): Promise<void>;
}

export interface LabOptions {
  containers?: Partial<NotebooksDeps["containers"]>;
  language?: "en" | "ru";
}

export function openNotebookLab(link: HostLink, engine: Engine | null = null, more: LabOptions = {}): NotebookLab {
  let file: NotebookFile = { notebooks: [] };
  const registered: string[] = [];
  const clock = systemClock();
  const notebooks = createNotebooks({
    store: {
      get: () => file,
      set: async (next) => {
        file = next;
      },
      update: async (change) => {
        file = change(file);
        return file;
      },
      problem: null,
    },
    hosts: {
      reached: () => ["host-1"],
      linkOf: () => link,
      engineOf: () => {
        if (engine === null) throw new Failure("ENGINE_SOCKET_MISSING");
        return engine;
      },
      about: () => ({ name: "orion", environment: "development", simulated: false }),
    },
    containers: { isOurs: () => false, renew: async () => {}, ...more.containers },
    language: () => more.language ?? "system",
    ways: createWays({ linkOf: () => link, asking: () => false, clock }),
    registrar: { register: (_, value) => void registered.push(Buffer.from(value).toString()) },
    windows: null,
    clock,
    random: systemRandom(),
    onChange: () => {},
  });
  return { notebooks, file: () => file, registered, close: async () => notebooks.dispose() };
}

export interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request to a local port, with its own address as Host and Origin unless told otherwise. */
export function call(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Got> {
  const { method = "GET", headers = {}, body } = options;
  const origin = method === "GET" ? {} : { origin: `http://127.0.0.1:${port}` };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port, path, method, headers: { ...origin, ...headers } },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
        answer.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Trades the code of an opened address for its cookie, as the page there does. */
export async function letIn(url: string): Promise<{ port: number; cookie: string; status: number; path: string }> {
  const { port, hash } = new URL(url);
  const code = new URLSearchParams(hash.slice(1)).get("code");
  const got = await call(Number(port), "/__gatehouse/hand-over", { method: "POST", body: JSON.stringify({ code }) });
  const cookie = (got.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
  return { port: Number(port), cookie, status: got.status, path: got.body };
}

/** Computes an expression in a kernel through the websocket, as the notebook's page would (Jupyter messaging 5.3). */
export async function compute(
  port: number,
  cookie: string,
  kernelId: string,
  code: string,
  base = "/",
): Promise<string> {
  const session = randomBytes(8).toString("hex");
  const socket = new WebSocket(`ws://127.0.0.1:${port}${base}api/kernels/${kernelId}/channels?session_id=${session}`, {
    headers: { cookie },
    origin: `http://127.0.0.1:${port}`,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("error", reject);
    });
    const id = randomBytes(8).toString("hex");
    const header = { msg_id: id, username: "", session, msg_type: "execute_request", version: "5.3", date: "" };
    const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the kernel said nothing")), 20_000);
      socket.on("message", (data) => {
        const message = JSON.parse(String(data));
        if (message.parent_header?.msg_id !== id || message.msg_type !== "execute_result") return;
        clearTimeout(timer);
        resolve(message.content.data["text/plain"]);
      });
      socket.once("close", () => reject(new Error("the socket closed")));
      socket.send(JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: "shell" }));
    });
  } finally {
    socket.terminate();
  }
}
