import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { LogFilter, LogHead, LogSourceRef, Problem } from "../../../../electron/contract/index.ts";
import { unpackLines } from "../../../../electron/contract/logColumns.ts";
import { useClient } from "../../../client/hooks.ts";
import type { Client } from "../../../client/index.ts";
import { toProblem } from "../../../client/problem.ts";
import { followStream } from "../../../client/stream.ts";
import { sourceKey } from "../route.ts";
import type { LogFeed } from "./feed.ts";
import { createLogSession, type LogSession } from "./session.ts";

export type OpenLog = {
  bufferId: string | null;
  session: LogSession | null;
  /** Why it cannot be opened. */
  problem: Problem | null;
};

const nothing: OpenLog = { bufferId: null, session: null, problem: null };

/** Opens sources as one log while the component is there; once the core forgot it, it is opened anew. */
export function useLog(sources: readonly LogSourceRef[], tail: number, filter: LogFilter | undefined): OpenLog {
  const client = useClient();
  const [open, setOpen] = useState<OpenLog>(nothing);
  const [round, setRound] = useState(0);
  const key = sources.map(sourceKey).join(",");
  const firstFilter = useRef(filter);
  firstFilter.current = filter;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the sources
  useEffect(() => {
    const stop = new AbortController();
    let end = () => {};
    client.logs.open({ sources: [...sources], tail }, { signal: stop.signal }).then(
      ({ bufferId }) => {
        const close = () => void client.logs.close({ bufferId }).catch(() => {});
        if (stop.signal.aborted) return close();
        const session = sessionOf(client, bufferId);
        const pause = () => session.pause(document.hidden);
        const unsubscribe = session.subscribe(() => {
          if (session.state().problem?.code === "NOT_FOUND") setRound((count) => count + 1);
        });
        document.addEventListener("visibilitychange", pause);
        pause();
        session.setFilter(firstFilter.current, null);
        setOpen({ bufferId, session, problem: null });
        end = () => {
          document.removeEventListener("visibilitychange", pause);
          unsubscribe();
          session.stop();
          close();
        };
      },
      (error: unknown) => !stop.signal.aborted && setOpen({ ...nothing, problem: toProblem(error) }),
    );
    return () => {
      stop.abort();
      end();
      setOpen(nothing);
    };
  }, [client, key, tail, round]);
  return open;
}

function sessionOf(client: Client, bufferId: string): LogSession {
  const under = (filter: LogFilter | undefined) => ({ bufferId, ...(filter === undefined ? {} : { filter }) });
  return createLogSession({
    now: () => performance.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    async window(filter, from, count) {
      const { lines, ...range } = await client.logs.window({ ...under(filter), from, count });
      return { ...range, lines: unpackLines(lines) };
    },
    locate: (filter, index) => client.logs.locate({ ...under(filter), target: { by: "index", index } }),
    watch(filter, on, signal) {
      void followStream<LogHead>({
        open: (inner) => client.logs.watch(under(filter), { signal: inner }),
        onItem: on.head,
        onCut: (error) => on.cut(error === null ? null : toProblem(error)),
        signal,
      });
    },
  });
}

const noSubscription = () => () => {};

export function useSession(session: LogSession | null) {
  return useSyncExternalStore(session?.subscribe ?? noSubscription, () => session?.state() ?? null);
}

/** Counts around the rows are drawn this often at most, milliseconds: faster nobody reads them. */
const calmMs = 250;

/** The head on view, for what stands around the rows. */
export function useCalmHead(feed: LogFeed | null): LogHead | null {
  const [, setShown] = useState(0);
  useEffect(() => {
    if (feed === null) return;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const show = () => {
      timer = null;
      setShown(feed.version());
    };
    const unsubscribe = feed.subscribe(() => {
      timer ??= setTimeout(show, calmMs);
    });
    show();
    return () => {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
    };
  }, [feed]);
  return feed?.head() ?? null;
}

/** The head on view; the component is drawn again whenever something of the feed changed on view. */
export function useFeedHead(feed: LogFeed | null): LogHead | null {
  useSyncExternalStore(feed?.subscribe ?? noSubscription, () => feed?.version() ?? 0);
  return feed?.head() ?? null;
}
