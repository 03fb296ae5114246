import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type { MessagePort } from "node:worker_threads";
import type { BrowserContext, Frame, Page, Route } from "playwright-core";
import { app } from "./app.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";
import { rendererScript } from "./page.ts";
import { detachAll } from "./ports.ts";
import { afterReady, beforeReady, createEvent, strict } from "./rules.ts";

let chromium: Promise<RunningChromium> | null = null;
export function theChromium(): Promise<RunningChromium> {
  chromium ??= startChromium();
  return chromium;
}
export async function closeChromium(): Promise<void> {
  if (chromium !== null) await (await chromium).close();
}

/** Chromium knows no scheme of ours: `app://gatehouse/x` is shown as `https://gatehouse.app.invalid/x`. */
const toChromium = (url: string) => url.replace(/^(\w+):\/\/([\w-]+)(?=\/|$)/, "https://$2.$1.invalid");
const fromChromium = (url: string) => url.replace(/^https:\/\/([\w-]+)\.(\w+)\.invalid(?=\/|$)/, "$2://$1");

type Handler = (request: Request) => Response | Promise<Response>;

const schemes = new Set<string>();
export const protocol = strict("protocol", {
  registerSchemesAsPrivileged(list: { scheme: string }[]) {
    beforeReady("protocol.registerSchemesAsPrivileged");
    if (schemes.size > 0) throw new Error("protocol.registerSchemesAsPrivileged is called twice");
    for (const { scheme } of list) schemes.add(scheme);
  },
});

class SessionStandIn extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  readonly permissions: Record<string, unknown> = {};
  context: Promise<BrowserContext> | null = null;

  readonly protocol = strict("session.protocol", {
    handle: (scheme: string, handler: Handler) => {
      afterReady("protocol.handle");
      if (!schemes.has(scheme)) throw new Error(`the scheme ${scheme} was not registered as privileged`);
      if (this.handlers.has(scheme)) throw new Error(`The scheme ${scheme} has been handled`);
      this.handlers.set(scheme, handler);
    },
  });

  setPermissionRequestHandler(handler: unknown): void {
    this.permissions.request = handler;
  }
  setPermissionCheckHandler(handler: unknown): void {
    this.permissions.check = handler;
  }
  setDevicePermissionHandler(handler: unknown): void {
    this.permissions.device = handler;
  }
}

const sessions = new Map<string, SessionStandIn>();
export const session = strict("session", {
  fromPartition(name: string): SessionStandIn {
    afterReady("session.fromPartition");
    const known = sessions.get(name);
    if (known !== undefined) return known;
    const made = new SessionStandIn();
    sessions.set(name, made);
    app.emit("session-created", made);
    return made;
  },
});

/** Live frames of the stand-in's pages, as main sees them. */
function frameOf(contents: WebContentsStandIn, frame: Frame) {
  return {
    url: fromChromium(frame.url()),
    parent: frame.parentFrame() === null ? null : {},
    postMessage: (channel: string, message: unknown, transfer: unknown[] = []) =>
      contents.deliver(channel, message, transfer),
  };
}

let nextPort = 0;

class WebContentsStandIn extends EventEmitter {
  readonly ipc = new EventEmitter();
  readonly ports = new Map<number, MessagePort>();
  readonly session: SessionStandIn;
  page: Page | null = null;
  openHandler: (details: { url: string }) => { action: string } = () => ({ action: "allow" });

  constructor(owner: SessionStandIn) {
    super();
    this.session = owner;
  }

  get mainFrame() {
    return this.page === null ? null : frameOf(this, this.page.mainFrame());
  }
  getUserAgent(): string {
    return "Gatehouse stand-in";
  }
  setWindowOpenHandler(handler: typeof this.openHandler): void {
    this.openHandler = handler;
  }

  send(channel: string, ...args: unknown[]): void {
    this.deliver(channel, args[0], []);
  }

  /** Brings a message, and bridges the ports that come along into the page. */
  deliver(channel: string, message: unknown, transfer: unknown[]): void {
    const data = structuredClone(message);
    const ids = detachAll(transfer).map((port) => this.#bridge(port));
    this.#inPage((delivery) => (window as never as Hooks).standInDeliver(delivery), {
      channel,
      message: data,
      ports: ids,
    });
  }

  #bridge(port: MessagePort): number {
    const id = nextPort++;
    this.ports.set(id, port);
    port.on("message", (data) =>
      this.#inPage(([id, data]) => (window as never as Hooks).standInPort(id, data), [id, data] as const),
    );
    port.on("close", () => {
      this.ports.delete(id);
      this.#inPage((id) => (window as never as Hooks).standInPortClosed(id), id);
    });
    return id;
  }

  #inPage<A>(fn: (arg: A) => void, arg: A): void {
    // A page that is being closed takes its messages with it, as in Electron.
    this.page?.evaluate(fn as (arg: unknown) => void, arg).catch(() => undefined);
  }

  /** A document that goes takes its ports with it. */
  dropPorts(): void {
    for (const port of this.ports.values()) port.close();
  }

  #open(url: string): void {
    if (this.openHandler({ url }).action !== "deny") throw new Error("the stand-in opens no windows for pages");
  }

  receive(frame: Frame, kind: string, a: unknown, b: unknown): void {
    if (kind === "ipc")
      this.ipc.emit(String(a), { sender: this, senderFrame: frameOf(this, frame) }, ...(b as unknown[]));
    else if (kind === "open") this.#open(fromChromium(String(a)));
    else if (kind === "port") this.ports.get(Number(a))?.postMessage(b);
    else this.ports.get(Number(a))?.close();
  }
}

interface Hooks {
  standInDeliver(delivery: unknown): void;
  standInPort(id: number, data: unknown): void;
  standInPortClosed(id: number): void;
}

interface WindowOptions {
  x?: number;
  y?: number;
  width: number;
  height: number;
  webPreferences: { preload: string; partition: string; sandbox: boolean; contextIsolation: boolean };
}

const windows = new Set<BrowserWindowStandIn>();

export class BrowserWindowStandIn extends EventEmitter {
  readonly webContents: WebContentsStandIn;
  readonly options: WindowOptions;
  #bounds: { x: number; y: number; width: number; height: number };
  #visible = false;
  #maximized = false;
  #destroyed = false;

  constructor(options: WindowOptions) {
    super();
    afterReady("BrowserWindow");
    this.options = options;
    this.#bounds = { x: options.x ?? 0, y: options.y ?? 0, width: options.width, height: options.height };
    this.webContents = new WebContentsStandIn(session.fromPartition(options.webPreferences.partition));
    windows.add(this);
    app.emit("web-contents-created", {}, this.webContents);
  }

  static getAllWindows(): BrowserWindowStandIn[] {
    return [...windows];
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.#makePage();
    await page.goto(toChromium(url));
    this.emit("ready-to-show");
  }

  async #makePage(): Promise<Page> {
    const contents = this.webContents;
    const { width, height } = this.#bounds;
    contents.session.context ??= makeContext({ width, height });
    const context = await contents.session.context;
    const page = await context.newPage();
    contents.page = page;
    await page.exposeBinding("standInSend", ({ frame }, kind: string, a: unknown, b: unknown) =>
      contents.receive(frame, kind, a, b),
    );
    const { preload, sandbox, contextIsolation } = this.options.webPreferences;
    if (!sandbox || !contextIsolation) throw new Error("the stand-in has sandboxed, isolated windows alone");
    await page.addInitScript({ content: rendererScript(readFileSync(preload, "utf8")) });
    await page.route("**/*", (route) => answer(route, contents));
    page.on("framenavigated", (frame) => frame.parentFrame() === null && contents.dropPorts());
    page.on("close", () => this.destroy());
    return page;
  }

  show(): void {
    this.#visible = true;
  }
  isVisible(): boolean {
    return this.#visible;
  }
  focus(): void {
    this.emit("focus");
  }
  restore(): void {}
  maximize(): void {
    this.#maximized = true;
  }
  isMaximized(): boolean {
    return this.#maximized;
  }
  isMinimized(): boolean {
    return false;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  getNormalBounds() {
    return this.#bounds;
  }
  setBounds(bounds: Partial<{ x: number; y: number; width: number; height: number }>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    this.emit("resize");
  }
  close(): void {
    this.emit("close", createEvent({}));
    void this.webContents.page?.close();
    this.destroy();
  }
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.webContents.dropPorts();
    windows.delete(this);
    this.emit("closed");
    if (windows.size === 0) app.emit("window-all-closed");
  }
}

/** A context without a network, in which pages cannot open others. */
async function makeContext(viewport: { width: number; height: number }): Promise<BrowserContext> {
  const { browser } = await theChromium();
  const context = await browser.newContext({ viewport });
  await context.route("**/*", (route) => route.abort("addressunreachable"));
  return context;
}

/** The session's handler answers its schemes; the network is not there. */
async function answer(route: Route, contents: WebContentsStandIn): Promise<void> {
  const request = route.request();
  const url = fromChromium(request.url());
  const handler = contents.session.handlers.get(new URL(url).protocol.slice(0, -1));
  if (request.isNavigationRequest() && contents.page?.url() !== "about:blank") {
    const event = createEvent({ url });
    contents.emit("will-frame-navigate", event);
    if (request.frame().parentFrame() === null) contents.emit("will-navigate", event);
    if (event.defaultPrevented) return route.abort("aborted");
  }
  if (handler === undefined) return route.abort("addressunreachable");
  const response = await handler(new Request(url, { method: request.method(), headers: request.headers() }));
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  });
}
