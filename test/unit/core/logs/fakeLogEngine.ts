import { batchOf, type ContainerDetail, type LogFrame, type Moment } from "../../../../electron/core/docker/index.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import type { Sources } from "../../../../electron/core/logs/index.ts";
import { containerSource, type LogEngine } from "../../../../electron/core/logs/sources/container.ts";

export interface FakeLine {
  stream: LogFrame["stream"];
  /** Nanoseconds after the start of the fake's time. */
  ns: bigint;
  text: string;
}

const origin = BigInt(Date.UTC(2026, 10, 22, 10)) * 1_000_000n;

/** So many nanoseconds after the start of the fake's time. */
export function momentOf(ns: bigint): Moment {
  return { at: Number((origin + ns) / 1_000_000n), ns: Number((origin + ns) % 1_000_000n) };
}

/** One container with a log, as the engine keeps it: a list of stamped lines that `since` and `tail` choose from. */
export function fakeLogEngine() {
  const log: FakeLine[] = [];
  const detail = { state: "running", exitCode: null as number | null, oomKilled: false };
  const calls: { tail?: number | "all"; sinceNs?: bigint }[] = [];
  let wake: () => void = () => {};
  let broken: Failure | null = null;
  let over = false;
  let removed = false;
  const poke = () => wake();

  const engine: LogEngine = {
    async inspect(id) {
      if (broken !== null) throw broken;
      if (removed) throw new Failure("CONTAINER_NOT_FOUND", { id });
      return { id, ...detail } as unknown as ContainerDetail;
    },
    async *logs(id, { tail, sinceNs, signal }) {
      calls.push({ ...(tail === undefined ? {} : { tail }), ...(sinceNs === undefined ? {} : { sinceNs }) });
      if (broken !== null) throw broken;
      if (removed) throw new Failure("CONTAINER_NOT_FOUND", { id });
      if (broken !== null) throw broken;
      yield batchOf([]);
      const old = log.filter((line) => sinceNs === undefined || origin + line.ns >= sinceNs);
      let next = log.length;
      const begin = typeof tail === "number" ? old.slice(Math.max(0, old.length - tail)) : old;
      if (begin.length > 0) yield batchOf(begin.map(frameOf));
      while (!signal?.aborted) {
        if (broken !== null) throw broken;
        if (next < log.length) {
          const more = log.slice(next);
          next = log.length;
          yield batchOf(more.map(frameOf));
          continue;
        }
        if (over || detail.state !== "running") return;
        await new Promise<void>((resolve) => {
          const finish = () => {
            signal?.removeEventListener("abort", finish);
            resolve();
          };
          wake = finish;
          signal?.addEventListener("abort", finish);
        });
      }
      throw new Failure("CANCELLED");
    },
  };

  return {
    engine,
    calls,
    log,
    write(...lines: FakeLine[]) {
      log.push(...lines);
      poke();
    },
    cut(failure = new Failure("HOST_OFFLINE", { host: "h" }, { retryable: true })) {
      broken = failure;
      poke();
    },
    mend() {
      broken = null;
    },
    exit(code: number, oomKilled = false) {
      Object.assign(detail, { state: "exited", exitCode: code, oomKilled });
      poke();
    },
    startAgain() {
      Object.assign(detail, { state: "running", exitCode: null, oomKilled: false });
    },
    /** The engine ends the stream though the container goes on. */
    endStream(value: boolean) {
      over = value;
      poke();
    },
    remove() {
      removed = true;
      detail.state = "exited";
      poke();
    },
  };
}

function frameOf(line: FakeLine): LogFrame {
  return { stream: line.stream, ...momentOf(line.ns), bytes: Buffer.from(`${line.text}\n`) };
}

/** Sources of a log room that has containers alone. */
export function containersOf(engineOf: () => Promise<LogEngine>): Sources {
  return { container: ({ containerId }) => containerSource({ engineOf, containerId }) };
}
