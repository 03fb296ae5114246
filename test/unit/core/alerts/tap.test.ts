import { describe, expect, it } from "vitest";
import type { LogHead, LogLine } from "../../../../electron/contract/logs.ts";
import { tapsOf } from "../../../../electron/core/alerts/index.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { until } from "../../../helpers/until.ts";

const source = { kind: "console" } as const;

/** A room with one log, whose heads are given one by one. */
function room(lines: string[], refuse?: Error) {
  const closed: string[] = [];
  const heads: Partial<LogHead>[] = [];
  let wake: () => void = () => {};
  const open = tapsOf(
    {
      async open() {
        if (refuse) throw refuse;
        return { bufferId: "b" };
      },
      async *watch(_id, _filter, signal) {
        signal?.addEventListener("abort", () => wake(), { once: true });
        while (!signal?.aborted) {
          const head = heads.shift();
          if (head) yield head as LogHead;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      },
      async window(_id, { from, count }) {
        const rows = lines.slice(from, from + Math.min(count, 2)).map((text, at) => ({ index: from + at, text }));
        return { first: 0, next: lines.length, lines: rows as LogLine[] };
      },
      close: (id) => void closed.push(id),
    },
    () => {},
  );
  return {
    open,
    closed,
    head(head: Partial<LogHead>) {
      heads.push(head);
      wake();
    },
  };
}

describe("how a rule reads a log", () => {
  it("takes each line once, in order, from where the log stood when it came", async () => {
    const lines = ["old", "one", "two", "three"];
    const { open, closed, head } = room(lines);
    const seen: string[] = [];
    const tap = open(source, ({ text }) => seen.push(text));
    head({ state: "live", next: 1 });
    head({ state: "live", next: 4 });
    await until(() => seen.length === 3);
    lines.push("four");
    head({ state: "reconnecting", next: 5 });
    await until(() => seen.length === 4);
    expect([seen, tap.state(), tap.problem()]).toEqual([["one", "two", "three", "four"], "reconnecting", null]);
    tap.close();
    await until(() => closed.length === 1);
  });

  it("says why it can't", async () => {
    const refusal = new Failure("LIMIT_REACHED", { what: "logs", limit: 64 });
    const tap = room([], refusal).open(source, () => {});
    await until(() => tap.problem() !== null);
    expect([tap.state(), tap.problem()]).toEqual(["failed", refusal]);
  });
});
