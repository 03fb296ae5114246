/** What runs in Chromium in front of a page: Electron's half of a renderer, over two bindings. */

export interface Delivery {
  channel: string;
  message: unknown;
  /** Ids of the ports that come along. */
  ports: number[];
}

/**
 * Text of the init script. The preload bundle is run in a function of its own, with a `require` that knows what a
 * sandboxed preload script may have, and nothing else.
 */
export function rendererScript(preload: string): string {
  return `(${renderer.toString()})(function (require, module, exports) {\n${preload}\n});`;
}

interface Bindings {
  standInSend(kind: "ipc" | "port" | "port-closed" | "open", a: unknown, b?: unknown): Promise<void>;
}

function renderer(preload: (require: (name: string) => unknown, module: object, exports: object) => void): void {
  // Only the top frame has a preload script (nodeIntegrationInSubFrames is off).
  if (window.top !== window || location.protocol !== "https:") return;
  const { standInSend } = window as unknown as Bindings;
  const listeners = new Map<string, ((event: { ports: MessagePort[] }, message: unknown) => void)[]>();
  const ports = new Map<number, MessagePort>();

  const portFor = (id: number): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    ports.set(id, port2);
    port2.onmessage = (event) => standInSend("port", id, event.data);
    port2.addEventListener("close", () => standInSend("port-closed", id));
    return port1;
  };
  Object.assign(window, {
    standInDeliver({ channel, message, ports: ids }: Delivery) {
      const event = { ports: ids.map(portFor) };
      for (const listener of listeners.get(channel) ?? []) listener(event, message);
    },
    standInPort: (id: number, data: unknown) => ports.get(id)?.postMessage(data),
    standInPortClosed: (id: number) => {
      ports.get(id)?.close();
      ports.delete(id);
    },
  });

  const checkExposed = (value: unknown): unknown => {
    if (typeof value === "function") return (...args: unknown[]) => value(...structuredClone(args));
    if (typeof value !== "object" || value === null) return value;
    if (Object.getPrototypeOf(value) !== Object.prototype) throw new TypeError("only plain objects cross the bridge");
    return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, checkExposed(inner)])));
  };
  const electron = {
    ipcRenderer: {
      on: (channel: string, listener: (event: { ports: MessagePort[] }, message: unknown) => void) =>
        listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
      send: (channel: string, ...args: unknown[]) => void standInSend("ipc", channel, structuredClone(args)),
    },
    contextBridge: {
      exposeInMainWorld(key: string, api: unknown) {
        if (key in window) throw new Error("Cannot bind an API on top of an existing property on the window object");
        Object.defineProperty(window, key, { value: checkExposed(api), writable: false, configurable: false });
      },
    },
  };
  // Windows that the page wants are main's to judge; it gets none either way.
  window.open = (url) => {
    void standInSend("open", new URL(String(url ?? "about:blank"), location.href).href);
    return null;
  };
  addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a[target=_blank]") as HTMLAnchorElement | null;
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    void standInSend("open", link.href);
  });
  const require = (name: string) => {
    if (name === "electron") return electron;
    throw new Error(`module not found: ${name} (a sandboxed preload script may require electron alone)`);
  };
  preload(require, { exports: {} }, {});
}
