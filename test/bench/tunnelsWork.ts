/** Either end of a tunnel in a process of its own: what sends and answers, and what asks and measures. */
import { Agent, createServer as createHttpServer, get } from "node:http";
import { connect, createServer, type Socket } from "node:net";

const chunk = Buffer.alloc(256 * 1024, "x");

/** Answers on two ports: `bulk` sends as many bytes as it is told in eight digits, `http` answers small pages. */
async function serve(): Promise<void> {
  const bulk = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", (asked: Buffer) => void send(socket, Number(asked.toString("latin1", 0, 10))));
  });
  const http = createHttpServer({ keepAliveTimeout: 60_000 }, (_request, response) => response.end("x".repeat(256)));
  const ports = await Promise.all(
    [bulk, http].map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
  process.send?.(ports);
}

async function send(socket: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !socket.destroyed; left -= chunk.length) {
    if (!socket.write(left >= chunk.length ? chunk : chunk.subarray(0, left))) {
      await new Promise<void>((resolve) => {
        const done = () => {
          socket.off("drain", done);
          socket.off("close", done);
          resolve();
        };
        socket.on("drain", done);
        socket.on("close", done);
      });
    }
  }
  socket.end();
}

/** Megabytes a second over `streams` connections at once. */
async function bulk(port: number, streams: number, totalBytes: number): Promise<number> {
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
          socket.once("connect", () => socket.write(String(each).padStart(10, "0")));
          socket.once("error", reject);
          socket.once("close", () => (bytes === each ? resolve() : reject(new Error(`${bytes} of ${each} bytes`))));
        }),
    ),
  );
  return totalBytes / 1e6 / ((performance.now() - began) / 1000);
}

/** Requests a second with `at` keep-alive connections, and the 99th percentile in milliseconds. */
async function requests(port: number, at: number, forMs: number): Promise<[number, number]> {
  const agent = new Agent({ keepAlive: true, maxSockets: at });
  const times: number[] = [];
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const began = performance.now();
      get({ host: "127.0.0.1", port, agent, path: "/" }, (response) => {
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
  return [(sorted.length * 1000) / (performance.now() - began), sorted[Math.floor(sorted.length * 0.99)] ?? 0];
}

export type Work =
  | { kind: "bulk"; port: number; streams: number; bytes: number }
  | { kind: "requests"; port: number; at: number; ms: number };

if (process.argv[2] === "serve") await serve();
if (process.argv[2] === "ask") {
  process.on("message", async (work: Work) => {
    try {
      process.send?.(
        work.kind === "bulk"
          ? [await bulk(work.port, work.streams, work.bytes)]
          : await requests(work.port, work.at, work.ms),
      );
    } catch (error) {
      process.send?.({ failed: String(error) });
    }
  });
}
