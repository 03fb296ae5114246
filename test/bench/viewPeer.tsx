/**
 * The peer of the log view: what one writes by hand for this alone. A window of rows of one height over the same log,
 * pulled over the same wire ten times a second; a time and a text a row, and nothing else.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import type { LogLine } from "../../electron/contract/index.ts";
import { unpackLines } from "../../electron/contract/logColumns.ts";
import { type Connection, connect } from "../../renderer/client/index.ts";

const rowHeight = 20;
const viewMs = 100;

function Peer({ client }: { client: Connection["client"] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<{ first: number; next: number; lines: LogLine[] }>({ first: 0, next: 0, lines: [] });
  useEffect(() => {
    const stop = new AbortController();
    async function follow(): Promise<void> {
      const source = { kind: "container", hostId: "orion", containerId: "e".repeat(12) } as const;
      const { bufferId } = await client.logs.open({ sources: [source], tail: 5000 });
      let shownAt = 0;
      for await (const head of await client.logs.watch({ bufferId }, { signal: stop.signal })) {
        if (performance.now() - shownAt < viewMs) continue;
        shownAt = performance.now();
        const count = Math.ceil((scroller.current?.clientHeight ?? 600) / rowHeight) + 12;
        const from = Math.max(head.first, head.next - count);
        const { lines, ...range } = await client.logs.window({ bufferId, from, count });
        setView({ ...range, lines: unpackLines(lines) });
      }
    }
    void follow();
    return () => stop.abort();
  }, [client]);
  useLayoutEffect(() => {
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  });
  const { first, next, lines } = view;
  return (
    <div ref={scroller} className="scroll" role="log">
      <div className="space" style={{ height: (next - first) * rowHeight }}>
        {lines.map((line) => (
          <div key={line.row} className="line" style={{ transform: `translateY(${(line.row - first) * rowHeight}px)` }}>
            <span>{line.at === null ? "" : new Date(line.at).toISOString().slice(11, 23)}</span>
            <span>{line.text}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<Peer client={(await connect()).client} />);
