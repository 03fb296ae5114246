import { useEffect, useMemo, useRef, useState } from "react";
import type { LogFilter, LogHead, Problem } from "../../../electron/contract/index.ts";
import { useClient, useStream } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { createLineCache, type LineCache, rangesOf } from "./lineCache.ts";

/** Ten views a second are as live as an eye can read, and leave the page free. */
const viewMs = 100;
const tail = 5000;

export type LogBuffer = {
  bufferId: string | null;
  head: LogHead | null;
  problem: Problem | null;
  cache: LineCache;
  /** Asks for lines that are about to be shown; `onLines` of the view follows when they are there. */
  want: (indices: readonly number[]) => void;
};

/** Opens a container's log in the core, follows its head, and pulls the lines that are looked at. */
export function useLogBuffer(hostId: string, containerId: string, filter: LogFilter): LogBuffer {
  const client = useClient();
  const [opened, setOpened] = useState<{ bufferId: string | null; problem: Problem | null }>({
    bufferId: null,
    problem: null,
  });
  const [round, setRound] = useState(0);
  const [head, setHead] = useState<LogHead | null>(null);
  const [, setPulled] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another round opens the same log anew, after the core forgot it
  useEffect(() => {
    const stop = new AbortController();
    let id: string | null = null;
    client.logs.open({ sources: [{ kind: "container", hostId, containerId }], tail }, { signal: stop.signal }).then(
      ({ bufferId }) => {
        id = bufferId;
        if (stop.signal.aborted) void client.logs.close({ bufferId }).catch(ignore);
        else setOpened({ bufferId, problem: null });
      },
      (error: unknown) => !stop.signal.aborted && setOpened({ bufferId: null, problem: toProblem(error) }),
    );
    return () => {
      stop.abort();
      if (id !== null) void client.logs.close({ bufferId: id }).catch(ignore);
    };
  }, [client, hostId, containerId, round]);

  const { bufferId } = opened;
  const key = JSON.stringify(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another filter are other rows
  const cache = useMemo(() => createLineCache(bufferId === null ? 0 : 6000), [bufferId, key]);
  const newest = useRef<LogHead | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const watch = useStream(
    bufferId === null ? null : `${bufferId} ${key}`,
    (use, signal) => use.logs.watch({ bufferId: bufferId ?? "", filter }, { signal }),
    (next) => {
      newest.current = next;
      if (timer.current !== null) return;
      setHead(next);
      timer.current = setTimeout(() => {
        timer.current = null;
        setHead(newest.current);
      }, viewMs);
    },
  );
  useEffect(() => () => void (timer.current !== null && clearTimeout(timer.current)), []);
  useEffect(() => {
    if (watch.problem?.code !== "NOT_FOUND") return;
    setHead(null);
    setRound((count) => count + 1);
  }, [watch.problem]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the filter
  const pull = useMemo(
    () =>
      createPuller(
        cache,
        (from, count) => client.logs.window({ bufferId: bufferId ?? "", filter, from, count }),
        () => setPulled((n) => n + 1),
      ),
    [cache, client, bufferId, key],
  );
  return { bufferId, head, problem: opened.problem, cache, want: bufferId === null ? ignore : pull };
}

function ignore(): void {}

type Fetch = (from: number, count: number) => Promise<{ lines: Parameters<LineCache["put"]>[0] }>;

/** One pull at a time; what was asked for meanwhile is looked at anew afterwards, so that fast scrolling asks for little. */
export function createPuller(
  cache: LineCache,
  fetch: Fetch,
  onLines: () => void,
): (indices: readonly number[]) => void {
  let wanted: readonly number[] = [];
  let busy = false;
  const asked = new Set<number>();

  async function run(): Promise<void> {
    busy = true;
    try {
      for (;;) {
        const missing = wanted.filter((index) => cache.get(index) === undefined && !asked.has(index));
        const range = rangesOf(missing)[0];
        if (!range) return;
        // A line that fell out of the ring meanwhile does not come: it is not asked for twice.
        for (let index = range.from; index < range.from + range.count; index += 1) asked.add(index);
        const { lines } = await fetch(range.from, range.count);
        cache.put(lines);
        cache.trim(range.from);
        onLines();
      }
    } catch {
      // The head's stream says what is wrong, and asks again when it is back.
    } finally {
      asked.clear();
      busy = false;
    }
  }
  return (indices) => {
    wanted = indices;
    if (!busy) void run();
  };
}
