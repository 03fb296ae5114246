import { implement } from "@orpc/server";
import { type AppChange, contract, type Settings } from "../../electron/contract/index.ts";
import type { DoorCore } from "../../electron/shells/browser/index.ts";

export interface StubCore extends DoorCore {
  /** Clients that contexts were made for, oldest first. */
  clients: { address: string; userAgent: string }[];
  /** Sends a change to everyone who listens. */
  emit(change: AppChange): void;
  /** Changes that some stream has not taken yet. */
  readonly waiting: number;
  /** Streams of changes that are open. */
  readonly listening: number;
}

/** A router with a query, a change and a stream: what a door has to carry, and nothing behind it. */
export function stubCore(): StubCore {
  const clients: StubCore["clients"] = [];
  const listeners = new Set<(change: AppChange) => void>();
  const queues = new Set<AppChange[]>();
  const small = implement({ app: contract.app, settings: contract.settings }).$context<{ address: string }>();
  let settings: Settings = {
    language: "system",
    theme: "system",
    environment: "development",
    practice: false,
    detectors: { providers: true, assignments: true, pii: false },
    maskWeak: false,
    alertCalls: true,
  };
  const router = small.router({
    app: {
      info: small.app.info.handler(({ context }) => ({
        version: "0.0.0",
        door: "test",
        platform: "stub",
        runtime: context.address,
        dataFolder: "/nowhere",
        sshCiphers: "native",
        setAside: [],
      })),
      changes: small.app.changes.handler(async function* ({ signal }) {
        const waiting: AppChange[] = [];
        let wake = () => {};
        const listener = (change: AppChange) => {
          waiting.push(change);
          wake();
        };
        listeners.add(listener);
        queues.add(waiting);
        signal?.addEventListener("abort", () => wake(), { once: true });
        try {
          while (!signal?.aborted) {
            const change = waiting.shift();
            if (change !== undefined) yield change;
            else
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
          }
        } finally {
          listeners.delete(listener);
          queues.delete(waiting);
        }
      }),
    },
    settings: {
      get: small.settings.get.handler(() => settings),
      set: small.settings.set.handler(({ input }) => {
        settings = { ...settings, ...(input as Partial<Settings>) };
        return settings;
      }),
    },
  });
  return {
    router,
    context: (client) => {
      clients.push(client);
      return client;
    },
    clients,
    emit: (change) => {
      for (const listener of listeners) listener(change);
    },
    get waiting() {
      return [...queues].reduce((sum, queue) => sum + queue.length, 0);
    },
    get listening() {
      return listeners.size;
    },
  };
}
