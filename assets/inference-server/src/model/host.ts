import { ApiError } from "../errors.ts";
import type { Log } from "../log.ts";
import { MASK, type Masker } from "../mask.ts";
import type { Environment } from "../settings.ts";
import { echo } from "./chat.ts";
import type { LoadRequest } from "./loadRequest.ts";
import { openOnnx } from "./onnx.ts";
import type { EchoModel, Model } from "./types.ts";

/** The one model that is loaded, with the environment that came along with it. */
export interface ModelHost {
  /** Replaces what was loaded. 409 while another load is under way; after a failure nothing of the request is left. */
  load(request: LoadRequest): Promise<void>;
  /** Waits for runs under way, takes back what was set. Nothing loaded is not an error. */
  unload(): Promise<void>;
  /** Lends the model for one run; 409 when there is none. */
  use<T>(run: (model: Model) => T | Promise<T>): Promise<T>;
  current(): Model | null;
}

interface Loaded {
  model: Model;
  users: number;
  idle: (() => void) | null;
}

export function createModelHost(deps: { env: Environment; log: Log; masker: Masker; modelDir: string }): ModelHost {
  const { env, log, masker, modelDir } = deps;
  /** What each name held before we set it. */
  const previous = new Map<string, string | undefined>();
  let loaded: Loaded | null = null;
  let busy = false;

  function setEnvironment(request: LoadRequest): void {
    for (const [name, value] of request.env) {
      // Known to the masker before anything, this function included, can print it.
      if (!masker.add(value)) log.line("WARNING", `The value of ${name} is too short to be masked elsewhere`);
      if (!previous.has(name)) previous.set(name, env[name]);
      env[name] = value;
      log.line("INFO", `Set environment variable: ${name}=${MASK}`);
    }
  }

  function restoreEnvironment(): void {
    for (const [name, before] of previous) {
      if (before === undefined) delete env[name];
      else env[name] = before;
    }
    previous.clear();
  }

  async function release(): Promise<void> {
    const leaving = loaded;
    loaded = null;
    if (leaving !== null) {
      if (leaving.users > 0) {
        await new Promise<void>((resolve) => {
          leaving.idle = resolve;
        });
      }
      await leaving.model.close();
    }
    restoreEnvironment();
  }

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (busy) throw new ApiError(409, "busy", "another load or unload is under way");
    busy = true;
    try {
      return await work();
    } finally {
      busy = false;
    }
  }

  return {
    load: (request) =>
      alone(async () => {
        await release();
        setEnvironment(request);
        try {
          const model = request.backend === "onnx" ? await openOnnx(request.engineParams, modelDir) : echoModel();
          loaded = { model, users: 0, idle: null };
        } catch (error) {
          restoreEnvironment();
          throw error;
        }
        if (request.printCanary) printCanary(request, log);
        log.line("INFO", `Loaded the ${request.backend} backend`);
      }),
    unload: () =>
      alone(async () => {
        await release();
        log.line("INFO", "Unloaded");
      }),
    async use(run) {
      const held = loaded;
      if (held === null) throw new ApiError(409, "not_loaded", "no model is loaded: POST /v1/model/load first");
      held.users += 1;
      try {
        return await run(held.model);
      } finally {
        held.users -= 1;
        if (held.users === 0) held.idle?.();
      }
    },
    current: () => loaded?.model ?? null,
  };
}

function echoModel(): EchoModel {
  return { kind: "echo", id: "echo", chat: echo, close: async () => {} };
}

/** Leaks on purpose, past our own masker: what comes out at the other end shows whether the reader masks. */
function printCanary(request: LoadRequest, log: Log): void {
  for (const [name, value] of request.env) {
    log.raw(`${name}=${value}`);
    log.raw(`${name} in base64: ${Buffer.from(value, "utf8").toString("base64")}`);
  }
}
