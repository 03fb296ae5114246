/** What Chromium's trace says of the main thread of a page, and how often the page is drawn. */
import type { Browser, Page } from "playwright-core";

export interface Figures {
  /** Time of the main thread, milliseconds a second. */
  busy: number;
  /** Longest task, milliseconds of the thread's own time. */
  longest: number;
  fps: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

/** Watches a page for so long. */
export async function watched(browser: Browser, page: Page, seconds: number): Promise<Figures> {
  await browser.startTracing(page, { categories: ["devtools.timeline", "toplevel", "__metadata"] });
  const fps = await page.evaluate(async (ms) => {
    const began = performance.now();
    let frames = 0;
    while (performance.now() - began < ms) {
      await new Promise(requestAnimationFrame);
      frames += 1;
    }
    return (1000 * frames) / (performance.now() - began);
  }, seconds * 1000);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString("utf8")) as { traceEvents: TraceEvent[] };
  return { ...mainThread(traceEvents, seconds), fps };
}

/**
 * Tasks of the renderer that works most, which is the one with the page; their own time, so that a busy machine counts
 * for little.
 */
function mainThread(events: readonly TraceEvent[], seconds: number): Omit<Figures, "fps"> {
  const mains = events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const all = mains.map(({ pid, tid }) => timeOf(events.filter((event) => event.pid === pid && event.tid === tid)));
  const [most] = all.sort((a, b) => b.busy - a.busy);
  if (most === undefined || most.busy === 0) throw new Error("the trace has no main thread of a page");
  return { busy: most.busy / 1000 / seconds, longest: most.longest / 1000 };
}

/** Microseconds. */
function timeOf(events: readonly TraceEvent[]): { busy: number; longest: number } {
  const tasks = events.filter(({ name, ph }) => ph === "X" && /RunTask$/.test(name)).sort((a, b) => a.ts - b.ts);
  let busy = 0;
  let longest = 0;
  let end = 0;
  for (const { ts, dur = 0, tdur = dur } of tasks) {
    // Tasks within tasks are part of them.
    if (ts < end) continue;
    end = ts + dur;
    busy += tdur;
    longest = Math.max(longest, tdur);
  }
  return { busy, longest };
}
