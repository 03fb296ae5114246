/** Lines as programs of a model stack write them: by a seed, so that every run reads the same. */
import type { LogSource, SourceLine, StartSource } from "../../electron/core/logs/index.ts";

export type Story = "gateway" | "model" | "ray" | "trainer" | "plain";

const traceback = [
  "Traceback (most recent call last):",
  '  File "/app/server.py", line 212, in generate',
  "    tokens = self.engine.step(batch)",
  '  File "/app/engine.py", line 88, in step',
  "    raise RuntimeError(message)",
  "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
];

/** The lines of one moment; most are one line. */
export function linesOf(story: Story, n: number): SourceLine["text"][] {
  const request = `req-${(Math.imul(Math.floor(n / 3), 0x9e37_79b1) >>> 8).toString(16).padStart(6, "0")}`;
  const dice = (Math.imul(n + 7, 0x85eb_ca6b) >>> 10) % 1000;
  const status = dice < 12 ? 500 : dice < 40 ? 422 : 200;
  switch (story) {
    case "gateway":
      return [
        JSON.stringify({
          request_id: request,
          timestamp: new Date(1_767_225_600_000 + n * 40).toISOString(),
          method: "POST",
          path: dice < 500 ? "/v1/chat/completions" : "/v1/embeddings",
          status,
          duration_ms: 12 + (dice % 480),
          client_ip: "10.0.12.xxx",
          user_agent: "openai-python/1.41",
        }),
      ];
    case "model":
      if (dice < 8) return ["ERROR engine step failed", ...traceback];
      if (dice < 60) return [`WARNING kv cache ${90 + (dice % 10)} % full, request ${request} waits`];
      return [`INFO:     10.0.12.7:${40_000 + dice} - "POST /generate HTTP/1.1" ${status} request_id=${request}`];
    case "ray":
      return [`(Replica pid=${2000 + (n % 4)}) INFO serve ${request} handle_request took ${dice} ms`];
    case "trainer":
      if (n % 50 === 0) return ["модель сохранена в /models/checkpoint, HF_TOKEN=******** не изменился"];
      return [`epoch ${Math.floor(n / 400)} step ${n} loss ${(2.4 / (1 + n / 900)).toFixed(4)} lr 3.0e-4`];
    case "plain":
      return [`line ${n} of a program that writes a lot, with a text of ordinary length for a log of a server`];
  }
}

export interface TellOptions {
  story: Story;
  /** Lines a second; 0 for the past alone. */
  rate: number;
  /** Moments of the past, and how far they lie apart, milliseconds. */
  past: number;
  apartMs?: number;
  end?: "ended" | "failed";
  /** Written before all else. */
  first?: readonly SourceLine[];
}

/** A source that tells a story: its past at once, then on at a steady rate. */
export function telling(options: TellOptions): StartSource {
  const { story, rate, past, apartMs = 200, end, first = [] } = options;
  return (deps) => {
    let n = 0;
    let done = () => {};
    const source: { -readonly [K in keyof LogSource]: LogSource[K] } = {
      state: "connecting",
      problem: null,
      masked: new Map([["HF_TOKEN", 14]]),
      done: new Promise<void>((resolve) => {
        done = resolve;
      }),
      stop: () => {
        clearInterval(timer);
        done();
      },
    };
    const tell = (at: number) => {
      for (const text of linesOf(story, n)) {
        deps.append({ at, stream: story === "model" && text.startsWith("ERROR") ? "stderr" : "stdout", text });
      }
      n += 1;
    };
    const began = Date.now();
    for (const line of first) deps.append(line);
    for (let back = past; back > 0; back -= 1) tell(began - back * apartMs);
    let told = 0;
    const timer = setInterval(() => {
      const due = Math.floor(((Date.now() - began) * rate) / 1000);
      // Most of a second at once after a pause, and no more.
      told = Math.max(told, due - rate);
      while (told < due) {
        told += 1;
        tell(Date.now());
      }
      if (rate > 0) deps.changed();
    }, 16);
    if (rate === 0) clearInterval(timer);
    source.state = end ?? "live";
    if (end === "failed")
      source.problem = { code: "HOST_UNREACHABLE", details: { address: "10.0.3.7", reason: "ETIMEDOUT" } };
    setTimeout(deps.changed, 1);
    return source;
  };
}
