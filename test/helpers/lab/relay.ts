/** A slow way in user space, for machines whose kernel has no `netem`. */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface RelayOptions {
  to: { host: string; port: number };
  /** Address to listen on; default the loopback interface. */
  host?: string;
  /** Milliseconds that each piece is kept back, each way: half of the round trip. */
  delayMs?: number;
  /** 0..1: a piece that is "lost" comes later by one retransmission, and all behind it, as TCP has it. */
  loss?: number;
  /** How late a lost piece is; default 200 ms, TCP's shortest on Linux. */
  lossMs?: number;
  /** 0 ≤ x < 1; a seeded one makes the losses the same in each run. */
  random?: () => number;
}

export interface Relay {
  port: number;
  /** Pieces that were late because they were "lost". */
  lost(): number;
  stop(): Promise<void>;
}

/** What may wait in one direction of one connection; beyond it the sender is slowed. */
const mostHeld = 64 * 1024 * 1024;

/**
 * Hands TCP connections on with a delay. Both ends still speak TCP with their own kernel, so that it shows what a long
 * way costs protocols that wait for answers (windows, handshakes), not what it costs TCP itself.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const open = new Set<Socket>();
  const count = { lost: 0 };
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ ...options.to, allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      // Whoever waits for an answer must not wait for ever because the other half is gone.
      socket.on("error", () => other.destroy());
      socket.on("close", (hadError) => {
        open.delete(socket);
        if (hadError) other.destroy();
      });
      carry(socket, other, options, count);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, options.host ?? "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    lost: () => count.lost,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** One direction. Pieces keep their order; one timer serves all that are due. */
function carry(from: Socket, to: Socket, options: RelayOptions, count: { lost: number }): void {
  const { delayMs = 0, loss = 0, lossMs = 200, random = Math.random } = options;
  const queue: { due: number; chunk: Buffer | null }[] = [];
  let held = 0;
  let last = 0;
  let timer: NodeJS.Timeout | null = null;
  const flush = () => {
    timer = null;
    const now = performance.now();
    to.cork();
    while (queue[0] !== undefined && queue[0].due <= now) {
      const { chunk } = queue.shift() as { chunk: Buffer | null };
      if (chunk === null) to.end();
      else {
        held -= chunk.length;
        to.write(chunk);
      }
    }
    to.uncork();
    if (from.isPaused() && held < mostHeld / 2) from.resume();
    if (queue[0] !== undefined) timer = setTimeout(flush, Math.max(0, queue[0].due - performance.now()));
  };
  const add = (chunk: Buffer | null) => {
    let wait = delayMs;
    if (chunk !== null && loss > 0 && random() < loss) {
      count.lost += 1;
      wait += lossMs;
    }
    last = Math.max(last, performance.now() + wait);
    queue.push({ due: last, chunk });
    held += chunk?.length ?? 0;
    if (held > mostHeld) from.pause();
    timer ??= setTimeout(flush, wait);
  };
  from.on("data", add);
  from.on("end", () => add(null));
  to.on("close", () => {
    if (timer !== null) clearTimeout(timer);
  });
}
