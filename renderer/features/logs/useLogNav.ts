import { type RefObject, useEffect, useState } from "react";
import type { LogFilter, LogLine } from "../../../electron/contract/index.ts";
import { useClient } from "../../client/hooks.ts";
import type { LogFeed } from "./feed/feed.ts";
import type { LogSession } from "./feed/session.ts";
import type { Place } from "./route.ts";
import type { RowsHandle } from "./rows/LogRows.tsx";

export type Target = Parameters<ReturnType<typeof useClient>["logs"]["locate"]>[0]["target"];

type Nav = {
  bufferId: string | null;
  session: LogSession | null;
  feed: LogFeed | null;
  filter: LogFilter | undefined;
  rows: RefObject<RowsHandle | null>;
};

/** Going to a line: by its index, by a time, or to the next one that something fits. False when there is none. */
export function useLocate({ bufferId, filter }: Pick<Nav, "bufferId" | "filter">) {
  const client = useClient();
  return async (target: Target, under: LogFilter | null = filter ?? null) => {
    if (bufferId === null) return null;
    const input = { bufferId, target, ...(under === null ? {} : { filter: under }) };
    return await client.logs.locate(input).catch(() => null);
  };
}

export type Cursor = { feed: LogFeed; row: number };

/** The line that is chosen. It stays chosen under another filter as long as it is among its rows. */
export function useCursor(feed: LogFeed | null, landing: { row: number; index: number; exact: boolean } | null) {
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const here = cursor !== null && cursor.feed === feed ? cursor : null;
  // A new feed: the cursor goes with the line that was kept under the eye.
  useEffect(() => {
    setCursor((before) => {
      if (before === null || feed === null || before.feed === feed) return before;
      const line = before.feed.row(before.row);
      if (landing?.exact && line?.index === landing.index) return { feed, row: landing.row };
      return null;
    });
  }, [feed, landing]);
  const line: LogLine | null = here?.feed.row(here.row) ?? null;
  return { cursor: here, line, setCursor };
}

/** How long one waits for a line that a link names, and how often one looks. */
const tries = 32;
const everyMs = 250;

/**
 * Goes to the place that a link names once the log has read that far. `onDone` says the row under the filter, and
 * whether it is that very line.
 */
export function usePlace(
  place: Place | null,
  { bufferId, session, feed, filter }: Pick<Nav, "bufferId" | "session" | "feed" | "filter">,
  onDone: (row: number, exact: boolean) => void,
): void {
  const locate = useLocate({ bufferId, filter });
  const ready = session !== null && feed !== null;
  const key = place === null ? null : `${bufferId} ${place.at} ${place.digest}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each place and each opening of the log
  useEffect(() => {
    if (place === null || !ready) return;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let still = 0;
    let seen = -1;
    async function look(left: number): Promise<void> {
      if (place === null) return;
      // Without the filter: whether it is that very line does not depend on what is folded away.
      const found = await locate({ by: "time", at: place.at, digest: place.digest }, null);
      const head = session?.state().feed?.head();
      if (stopped) return;
      still = head?.next === seen && head.state !== "connecting" ? still + 1 : 0;
      seen = head?.next ?? -1;
      if (found?.exact || left === 0 || still > 4) {
        const row = found && (await locate({ by: "index", index: found.index }));
        if (row && !stopped) onDone(row.row, found.exact);
        return;
      }
      timer = setTimeout(() => void look(left - 1), everyMs);
    }
    void look(tries);
    return () => {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    };
  }, [key, ready]);
}
