/** The ends of a tunnel, each in a process of its own: what sends and answers, what asks and measures, what delays. */
import { Agent, createServer as createHttpServer, get } from "node:http";
import { createServer, type Socket } from "node:net";
import { getHeapSpaceStatistics } from "node:v8";
import { startRelay } from "../helpers/lab/relay.ts";
import { type FleetOrder, memoryOf, openFleet } from "./tunnelsFleet.ts";
import { bulk, requests } from "./tunnelsMeasure.ts";

const chunk = Buffer.alloc(256 * 1024, "x");

/** Answers on two ports: `bulk` sends as many bytes as it is told in ten digits, `http` answers small pages. */
async function serve(): Promise<number[]> {
  const bulkServer = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", (asked: Buffer) => void send(socket, Number(asked.toString("latin1", 0, 10))));
  });
  const http = createHttpServer({ keepAliveTimeout: 60_000 }, (_request, response) => response.end("x".repeat(256)));
  return await Promise.all(
    [bulkServer, http].map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
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

export type Work =
  | { kind: "serve" }
  | { kind: "relay"; port: number; delayMs: number }
  | { kind: "bulk"; port: number; streams: number; bytes: number }
  | { kind: "requests"; port: number; at: number; ms: number }
  /** A few requests at each port again and again, so many a second in all. */
  | { kind: "pace"; ports: number[]; perSecond: number; ms: number }
  | { kind: "fleet"; order: FleetOrder }
  | { kind: "weigh" };

async function work(order: Work): Promise<number[]> {
  switch (order.kind) {
    case "serve":
      return await serve();
    case "relay":
      return [(await startRelay({ to: { host: "127.0.0.1", port: order.port }, delayMs: order.delayMs })).port];
    case "bulk":
      return [await bulk(order.port, order.streams, order.bytes)];
    case "requests": {
      const agent = new Agent({ keepAlive: true, maxSockets: order.at });
      return await requests({ agent, port: order.port, at: order.at, forMs: order.ms });
    }
    case "pace":
      return [await pace(order.ports, order.perSecond, order.ms)];
    case "fleet": {
      const { connectedMs, ports } = await openFleet(order.order);
      return [connectedMs, ...ports];
    }
    case "weigh":
      return [weigh()];
  }
}

/** Requests at a fixed pace, round the ports; the number that was answered. */
async function pace(ports: readonly number[], perSecond: number, ms: number): Promise<number> {
  const agents = ports.map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  const until = performance.now() + ms;
  let answered = 0;
  const each = async (start: number, lanes: number) => {
    for (let at = start; performance.now() < until; at = (at + lanes) % ports.length) {
      const began = performance.now();
      const agent = agents[at] ?? new Agent();
      await once(agent, ports[at] ?? 0);
      answered += 1;
      const rest = (1000 * lanes) / perSecond - (performance.now() - began);
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  };
  await Promise.all(Array.from({ length: 10 }, (_, lane) => each(lane, 10)));
  for (const agent of agents) agent.destroy();
  return answered;
}

function once(agent: Agent, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent, path: "/" }, (response) => {
      response.resume();
      response.once("end", () => resolve());
    }).once("error", reject);
  });
}

/**
 * Kilobytes that this process holds. The collector's young generation is left out: its size tells how busy a process has
 * been and not how much it keeps.
 */
function weigh(): number {
  globalThis.gc?.();
  const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
  return memoryOf(process.pid) - (young?.physical_space_size ?? 0) / 1024;
}

process.on("message", async (order: Work) => {
  try {
    process.send?.(await work(order));
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
