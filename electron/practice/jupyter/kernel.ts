import type { Clock, Random } from "../../core/ports.ts";
import { KernelError, runCell, type Value } from "./evaluate.ts";

/** A message of the Jupyter messaging protocol, version 5.3, as its websocket carries it: one JSON text each. */
export interface Message {
  header: { msg_id: string; msg_type: string; session: string; username: string; date: string; version: string };
  /** Once more outside of the header, as jupyter_server sends them. */
  msg_id: string;
  msg_type: string;
  parent_header: object;
  metadata: object;
  content: Record<string, unknown>;
  buffers: [];
  channel: string;
}

export interface Asked {
  header: Record<string, unknown> & { msg_type: string };
  content: Record<string, unknown>;
  channel: string;
}

/** Takes messages: `all` goes to everybody who is connected, the rest to the one who asked. */
export type Say = (message: Message, all: boolean) => void;

export interface Kernel {
  readonly id: string;
  readonly pid: number;
  readonly state: "starting" | "idle" | "busy";
  lastAt: number;
  handle(asked: Asked, say: Say): void;
  restart(): void;
}

export interface KernelDeps {
  id: string;
  pid: number;
  clock: Pick<Clock, "now">;
  random: Pick<Random, "id">;
}

const version = "5.3";

/** A simulated kernel: a state, names with numbers, and the answers of the protocol. */
export function createKernel({ id, pid, clock, random }: KernelDeps): Kernel {
  const names = new Map<string, Value>();
  const session = random.id();
  let count = 0;

  function message(type: string, channel: string, asked: Asked, content: Message["content"]): Message {
    const date = new Date(clock.now()).toISOString();
    const named = { msg_id: random.id(), msg_type: type };
    const header = { ...named, session, username: "kernel", date, version };
    return { header, ...named, parent_header: asked.header, metadata: {}, content, buffers: [], channel };
  }

  function execute(asked: Asked, say: Say): void {
    const code = typeof asked.content.code === "string" ? asked.content.code : "";
    const silent = asked.content.silent === true;
    if (!silent) count += 1;
    const out = (type: string, content: Message["content"]) => {
      if (!silent) say(message(type, "iopub", asked, content), true);
    };
    out("execute_input", { code, execution_count: count });
    try {
      const shown = runCell(code, names, (text) => out("stream", { name: "stdout", text }));
      if (shown !== null) {
        out("execute_result", { execution_count: count, data: { "text/plain": shown }, metadata: {} });
      }
      const reply = { status: "ok", execution_count: count, user_expressions: {}, payload: [] };
      say(message("execute_reply", "shell", asked, reply), false);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      const said = { ename: error.kind, evalue: error.message, traceback: [`${error.kind}: ${error.message}`] };
      out("error", said);
      say(message("execute_reply", "shell", asked, { status: "error", execution_count: count, ...said }), false);
    }
  }

  const kernel = {
    id,
    pid,
    state: "idle" as Kernel["state"],
    lastAt: clock.now(),
    handle(asked: Asked, say: Say) {
      const status = (state: "busy" | "idle") => {
        kernel.state = state;
        say(message("status", "iopub", asked, { execution_state: state }), true);
      };
      kernel.lastAt = clock.now();
      status("busy");
      const answer = (content: Message["content"]) =>
        say(message(asked.header.msg_type.replace(/_request$/, "_reply"), asked.channel, asked, content), false);
      switch (asked.header.msg_type) {
        case "execute_request":
          execute(asked, say);
          break;
        case "kernel_info_request":
          answer(kernelInfo);
          break;
        case "comm_info_request":
          answer({ status: "ok", comms: {} });
          break;
        case "is_complete_request":
          answer({ status: "complete" });
          break;
        default:
          if (asked.header.msg_type.endsWith("_request")) answer({ status: "ok" });
      }
      status("idle");
    },
    restart() {
      names.clear();
      count = 0;
      kernel.lastAt = clock.now();
    },
  };
  return kernel;
}

const kernelInfo = {
  status: "ok",
  protocol_version: version,
  implementation: "gatehouse-practice",
  implementation_version: "1",
  language_info: { name: "python", version: "3.12.0", mimetype: "text/x-python", file_extension: ".py" },
  banner: "A simulated kernel: it computes with numbers.",
  help_links: [],
};
