import { type ClientContext, type ClientLink, createORPCClient, mapEventIterator } from "@orpc/client";
import type { ContractRouterClient } from "@orpc/contract";
import type { Contract } from "../../electron/contract/index.ts";
import { dialSocket } from "./browser.ts";
import { dialPort } from "./desktop.ts";
import { type Dial, deferred, type Line } from "./line.ts";
import { ConnectionError, type ConnectionState, createObservable, Refused } from "./state.ts";

export type Client = ContractRouterClient<Contract>;

export interface Connection {
  /**
   * The same object for the page's whole life, across reconnects. A call made while there is no way to the core waits
   * for one up to five seconds, then fails with `ConnectionError`; so do the calls and streams that a loss cuts off.
   */
  client: Client;
  door: "desktop" | "browser";
  state(): ConnectionState;
  /** Calls back at each change of the state; the returned function ends that. */
  subscribe(listener: (state: ConnectionState) => void): () => void;
  /** Calls back each time the way to the core is lost. */
  onClose(listener: () => void): () => void;
  /** Tries at once instead of at `retryAt`; also after a refusal. */
  retry(): void;
  /** Ends it for good. */
  close(): void;
}

/** Waits between tries, milliseconds; the last one repeats. Each is spread by a quarter, so that tabs don't move in step. */
const BACK_OFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];
const CALL_WAIT_MS = 5_000;

/** Connects to the core through the door that is there. Resolves when the first try is over, whatever came of it. */
export async function connect(): Promise<Connection> {
  const bridge = window.gatehouse;
  const connection = createConnection(
    bridge === undefined ? dialSocket() : dialPort(bridge),
    bridge === undefined ? "browser" : "desktop",
  );
  if (connection.state().kind === "connecting") {
    await new Promise<void>((resolve) => {
      const stop = connection.subscribe(() => {
        stop();
        resolve();
      });
    });
  }
  return connection;
}

/** The part without a door: keeps one line open with `dial`, and a client on top of whichever line is open. */
export function createConnection(dial: Dial, door: Connection["door"]): Connection {
  const state = createObservable<ConnectionState>({ kind: "connecting", attempt: 1 });
  const ended = new AbortController();
  let line: Line | null = null;
  let kick = deferred<void>();

  const wake = () => {
    kick.resolve();
    kick = deferred<void>();
  };
  window.addEventListener("online", wake);
  ended.signal.addEventListener("abort", () => window.removeEventListener("online", wake));

  async function keepOpen(): Promise<void> {
    let attempt = 1;
    while (!ended.signal.aborted) {
      try {
        line = await dial(ended.signal);
        attempt = 0;
        state.set({ kind: "open", since: Date.now() });
        await line.closed;
        line = null;
      } catch (error) {
        if (error instanceof Refused) {
          state.set({ kind: "refused", reason: error.reason });
          await kick.promise;
          continue;
        }
      }
      if (ended.signal.aborted) return;
      await waitForRetry(attempt);
      attempt += 1;
      state.set({ kind: "connecting", attempt });
    }
  }

  async function waitForRetry(attempt: number): Promise<void> {
    const base = BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)] ?? 0;
    const waitMs = base * (0.75 + Math.random() / 2);
    const now = Date.now();
    state.set({ kind: "lost", since: now, attempt, retryAt: now + waitMs });
    await Promise.race([kick.promise, new Promise((resolve) => setTimeout(resolve, waitMs))]);
  }

  void keepOpen();
  return {
    client: createORPCClient<Client>(steadyLink(() => line, state)),
    door,
    state: state.get,
    subscribe: state.subscribe,
    onClose: (listener) => state.subscribe((next) => next.kind === "lost" && listener()),
    retry: wake,
    close() {
      ended.abort();
      line?.close();
      wake();
    },
  };
}

/** A link that outlives its lines: waits for one, and turns what a cut line does to a call into `ConnectionError`. */
function steadyLink(
  current: () => Line | null,
  state: { get(): ConnectionState; subscribe(listener: (state: ConnectionState) => void): () => void },
): ClientLink<ClientContext> {
  async function openLine(): Promise<Line> {
    const signal = AbortSignal.timeout(CALL_WAIT_MS);
    for (;;) {
      const line = current();
      if (line !== null) return line;
      if (state.get().kind === "refused") throw new ConnectionError("refused");
      if (signal.aborted) throw new ConnectionError("lost", signal.reason);
      await new Promise<void>((resolve) => {
        const done = () => {
          stop();
          signal.removeEventListener("abort", done);
          resolve();
        };
        const stop = state.subscribe(done);
        signal.addEventListener("abort", done);
      });
    }
  }
  return {
    async call(path, input, options) {
      const line = await openLine();
      const translate = (error: unknown) => (current() === line ? error : new ConnectionError("lost", error));
      try {
        const output = await line.link.call(path, input, options);
        return isStream(output)
          ? mapEventIterator(output, { value: async (v) => v, error: async (e) => translate(e) })
          : output;
      } catch (error) {
        throw translate(error);
      }
    },
  };
}

function isStream(value: unknown): value is AsyncIterator<unknown, unknown, undefined> {
  return typeof value === "object" && value !== null && "next" in value && Symbol.asyncIterator in value;
}
