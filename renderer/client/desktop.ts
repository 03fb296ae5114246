/** The desktop door: the preload script asks main for a port, and passes it on to this page. */
import { RPCLink } from "@orpc/client/message-port";
import { type Dial, deferred, type Line } from "./line.ts";

/** What the preload script shows to the page; nothing else of Electron is reachable. */
export interface DesktopBridge {
  /** Asks for a port to the core. It arrives as a `message` event of this window with the port in `ports`. */
  connect(): void;
  /** Brings this page's window to the front. */
  show(): void;
}

declare global {
  interface Window {
    readonly gatehouse?: DesktopBridge;
  }
}

const PORT_MESSAGE = "gatehouse:port";
const LOST_MESSAGE = "gatehouse:lost";

/** Main answers at once, or not at all while it restarts the core. */
const PORT_LIMIT_MS = 5_000;

export function dialPort(bridge: DesktopBridge): Dial {
  return async (signal) => {
    const port = await askForPort(bridge, signal);
    return lineOf(port);
  };
}

/** Only this very window may talk to us: a frame or an opener that posts something is not the preload script. */
function isOurs(event: MessageEvent): boolean {
  return event.source === window && event.origin === location.origin;
}

function askForPort(bridge: DesktopBridge, signal: AbortSignal): Promise<MessagePort> {
  const { promise, resolve, reject } = deferred<MessagePort>();
  const onMessage = (event: MessageEvent) => {
    if (!isOurs(event) || event.data !== PORT_MESSAGE) return;
    const port = event.ports[0];
    if (port !== undefined) resolve(port);
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PORT_LIMIT_MS)]);
  limit.addEventListener("abort", () => reject(limit.reason), { once: true });
  window.addEventListener("message", onMessage);
  bridge.connect();
  return promise.finally(() => window.removeEventListener("message", onMessage));
}

function lineOf(port: MessagePort): Line {
  const { promise: closed, resolve } = deferred<void>();
  // Not every engine tells a port that its other end is gone, so main does. The link listens to the same event.
  const onMessage = (event: MessageEvent) => {
    if (isOurs(event) && event.data === LOST_MESSAGE) port.dispatchEvent(new Event("close"));
  };
  window.addEventListener("message", onMessage);
  port.addEventListener("close", () => {
    window.removeEventListener("message", onMessage);
    resolve();
  });
  const link = new RPCLink<Record<never, never>>({ port });
  port.start();
  return {
    link,
    closed,
    close() {
      port.close();
      port.dispatchEvent(new Event("close"));
    },
  };
}
