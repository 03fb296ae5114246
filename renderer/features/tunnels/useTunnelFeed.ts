import { useEffect, useRef } from "react";
import type { Problem, TunnelRow } from "../../../electron/contract/index.ts";
import { useStream } from "../../client/hooks.ts";
import { useNow } from "../../ui/index.ts";

/** Bytes each second, oldest first, one minute at most. */
export type History = { in: readonly number[]; out: readonly number[] };

const kept = 60;
const none: History = { in: [], out: [] };

/** Every tunnel as it is now, and what went through each while this was on the screen. */
export function useTunnelFeed(): {
  rows: readonly TunnelRow[] | null;
  problem: Problem | null;
  historyOf: (tunnelId: string) => History;
} {
  const feed = useStream("tunnels", (client, signal) => client.tunnels.watch(undefined, { signal }));
  const history = useRef(new Map<string, History>());
  const latest = useRef<readonly TunnelRow[]>([]);
  latest.current = feed.value?.rows ?? [];
  // The core says nothing while nothing moves; time goes on all the same.
  const now = useNow();
  // biome-ignore lint/correctness/useExhaustiveDependencies: one sample a second, whatever else is drawn anew
  useEffect(() => {
    const before = history.current;
    const next = latest.current.map(({ id, traffic }): [string, History] => {
      const { in: came, out: went } = before.get(id) ?? none;
      return [
        id,
        {
          in: [...came.slice(1 - kept), traffic.inPerSecond],
          out: [...went.slice(1 - kept), traffic.outPerSecond],
        },
      ];
    });
    history.current = new Map(next);
  }, [now]);
  return {
    rows: feed.value?.rows ?? null,
    problem: feed.problem,
    historyOf: (tunnelId) => history.current.get(tunnelId) ?? none,
  };
}
