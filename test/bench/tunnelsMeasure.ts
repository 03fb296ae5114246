/** How fast bytes come and answers are given, by a port or by streams that somebody else opens. */
import { type Agent, get } from "node:http";
import { connect } from "node:net";

/** Asks the far side of the rig for so many bytes, in ten digits. */
export function bulkOrder(bytes: number): string {
  return String(bytes).padStart(10, "0");
}

/** Megabytes a second over `streams` connections at once. */
export async function bulk(port: number, streams: number, totalBytes: number): Promise<number> {
  const each = Math.floor(totalBytes / streams);
  const began = performance.now();
  await Promise.all(
    Array.from(
      { length: streams },
      () =>
        new Promise<void>((resolve, reject) => {
          let bytes = 0;
          const socket = connect({
            host: "127.0.0.1",
            port,
            onread: {
              buffer: Buffer.alloc(256 * 1024),
              callback: (count) => {
                bytes += count;
                return true;
              },
            },
          });
          socket.once("connect", () => socket.write(bulkOrder(each)));
          socket.once("error", reject);
          socket.once("close", () => (bytes === each ? resolve() : reject(new Error(`${bytes} of ${each} bytes`))));
        }),
    ),
  );
  return totalBytes / 1e6 / ((performance.now() - began) / 1000);
}

/** What the agent connects to; `null` where it knows the way itself. */
export interface Asking {
  agent: Agent;
  port: number | null;
  /** Requests that are on their way at any moment. */
  at: number;
  forMs: number;
}

/** Requests a second over keep-alive connections, and the 50th and 99th percentile in milliseconds. */
export async function requests({ agent, port, at, forMs }: Asking): Promise<[number, number, number]> {
  const times: number[] = [];
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const began = performance.now();
      get({ host: "127.0.0.1", port: port ?? 80, agent, path: "/" }, (response) => {
        response.resume();
        response.once("end", () => {
          times.push(performance.now() - began);
          resolve();
        });
      }).once("error", reject);
    });
  await Promise.all(Array.from({ length: at }, one));
  times.length = 0;
  const began = performance.now();
  const until = began + forMs;
  await Promise.all(
    Array.from({ length: at }, async () => {
      while (performance.now() < until) await one();
    }),
  );
  agent.destroy();
  const sorted = times.sort((a, b) => a - b);
  const at99 = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0;
  return [(sorted.length * 1000) / (performance.now() - began), at99(0.5), at99(0.99)];
}
