import type { WebSocket } from "ws";
import { z } from "zod";
import type { Clock, Random } from "../../core/ports.ts";
import { type Answer, iso, json, none } from "./answers.ts";
import { type Asked, createKernel, type Kernel, type Message } from "./kernel.ts";

const maxKernels = 16;

const asked = z.object({
  header: z.looseObject({ msg_id: z.string().max(200), msg_type: z.string().max(60) }),
  content: z.record(z.string(), z.unknown()),
  channel: z.string().max(20).catch("shell"),
});
const wantedSession = z.object({
  path: z.string().max(300),
  type: z.string().max(40).catch("notebook"),
  name: z.string().max(300).catch(""),
});
type Session = z.infer<typeof wantedSession> & { id: string; kernelId: string };

export interface KernelsOptions {
  clock: Clock;
  random: Random;
  nextPid(): number;
  /** A kernel was asked something. */
  onActivity(): void;
}

/** The kernels of one server, the notebooks that use them, and the sockets over which they are spoken to. */
export interface Kernels {
  list(): readonly Kernel[];
  get(id: string): Kernel | null;
  /** Sockets that are open. */
  connections(): number;
  attach(kernel: Kernel, wire: WebSocket): void;
  /** `api/kernels…` */
  answerKernels(method: string, id: string, act: string): Answer;
  /** `api/sessions…`; `body` is read for a new one alone. */
  answerSessions(method: string, id: string, body: () => Promise<string>): Promise<Answer>;
}

export function createKernels({ clock, random, nextPid, onActivity }: KernelsOptions): Kernels {
  const kernels = new Map<string, Kernel>();
  const sessions = new Map<string, Session>();
  const wires = new Map<WebSocket, string>();

  const shown = ({ id, lastAt, state }: Kernel) => ({
    ...{ id, name: "python3", last_activity: iso(lastAt), execution_state: state },
    connections: [...wires.values()].filter((each) => each === id).length,
  });
  const shownSession = ({ kernelId, ...rest }: Session) => {
    const kernel = kernels.get(kernelId);
    return { ...rest, kernel: kernel && shown(kernel), notebook: { path: rest.path, name: "" } };
  };

  function start(): Kernel {
    if (kernels.size >= maxKernels) throw new Error("too many kernels");
    const kernel = createKernel({ id: random.id(), pid: nextPid(), clock, random });
    kernels.set(kernel.id, kernel);
    return kernel;
  }

  function end(id: string): void {
    kernels.delete(id);
    for (const [key, { kernelId }] of sessions) if (kernelId === id) sessions.delete(key);
    for (const [wire, kernelId] of wires) if (kernelId === id) wire.close();
  }

  return {
    list: () => [...kernels.values()],
    get: (id) => kernels.get(id) ?? null,
    connections: () => wires.size,
    attach(kernel, wire) {
      wires.set(wire, kernel.id);
      wire.on("error", () => wire.terminate());
      wire.on("close", () => wires.delete(wire));
      const say = (message: Message, all: boolean) => {
        const text = JSON.stringify(message);
        for (const [each, id] of wires) if (id === kernel.id && (all || each === wire)) each.send(text);
      };
      wire.on("message", (data) => {
        const message = readAsked(String(data));
        if (message === null) return;
        onActivity();
        kernel.handle(message, say);
      });
    },
    answerKernels(method, id, act) {
      if (id === "") return method === "POST" ? json(201, shown(start())) : json(200, [...kernels.values()].map(shown));
      const kernel = kernels.get(id);
      if (kernel === undefined) return json(404, { message: `Kernel does not exist: ${id}` });
      if (method === "DELETE") end(id);
      if (method === "POST" && act === "restart") kernel.restart();
      return method === "DELETE" || act === "interrupt" ? none : json(200, shown(kernel));
    },
    async answerSessions(method, id, body) {
      if (id === "" && method !== "POST") return json(200, [...sessions.values()].map(shownSession));
      if (id === "") {
        const wanted = wantedSession.parse(JSON.parse(await body()));
        const before = [...sessions.values()].find(({ path }) => path === wanted.path);
        const session = before ?? { id: random.id(), ...wanted, kernelId: start().id };
        sessions.set(session.id, session);
        return json(201, shownSession(session));
      }
      if (method === "DELETE") end(sessions.get(id)?.kernelId ?? "");
      return none;
    },
  };
}

function readAsked(text: string): Asked | null {
  try {
    return asked.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
