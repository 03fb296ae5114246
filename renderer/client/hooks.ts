/** What features use to talk to the core: the typed client, its query bindings, streams, and the state of the connection. */
import { createTanstackQueryUtils, type RouterUtils } from "@orpc/tanstack-query";
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Problem } from "../../electron/contract/index.ts";
import type { Client, Connection, ConnectionState } from "./index.ts";
import { toProblem } from "./problem.ts";
import { followStream } from "./stream.ts";

export type Api = RouterUtils<Client>;

/** What the renderer needs to know of the way to the core; `Connection` is one, and so is a test's. */
export type CoreLink = Pick<Connection, "client" | "state" | "subscribe" | "retry">;

type Core = { client: Client; api: Api; link: CoreLink };

const CoreContext = createContext<Core | null>(null);
export const CoreProvider = CoreContext.Provider;

export function createCoreValue(link: CoreLink): Core {
  return { client: link.client, api: createTanstackQueryUtils(link.client), link };
}

function useCore(): Core {
  const core = useContext(CoreContext);
  if (!core) throw new Error("CoreProvider is missing above this component");
  return core;
}

export function useClient(): Client {
  return useCore().client;
}

/** Query and mutation options of every procedure. */
export function useApi(): Api {
  return useCore().api;
}

export function useConnection(): ConnectionState & { retry: () => void } {
  const { link } = useCore();
  const state = useSyncExternalStore(link.subscribe, link.state);
  return { ...state, retry: link.retry };
}

export type StreamState<T> = { value: T | null; problem: Problem | null };

type Opener<T> = (client: Client, signal: AbortSignal) => Promise<AsyncIterable<T>>;

/**
 * The newest item of a stream, opened while the component is there and opened again after a cut. `key` names what is
 * streamed: another key is another stream; `null` is none.
 */
export function useStream<T>(key: string | null, open: Opener<T>, onItem?: (item: T) => void): StreamState<T> {
  const client = useClient();
  const [state, setState] = useState<StreamState<T>>({ value: null, problem: null });
  const latest = useRef({ open, onItem });
  latest.current = { open, onItem };

  useEffect(() => {
    setState({ value: null, problem: null });
    if (key === null) return;
    const stop = new AbortController();
    followStream<T>({
      open: (signal) => latest.current.open(client, signal),
      onItem: (value) => {
        setState({ value, problem: null });
        latest.current.onItem?.(value);
      },
      onCut: (error) => setState((before) => ({ ...before, problem: error === null ? null : toProblem(error) })),
      signal: stop.signal,
    });
    return () => stop.abort();
  }, [client, key]);
  return state;
}
