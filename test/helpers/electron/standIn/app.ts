import { EventEmitter } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, connect as netConnect } from "node:net";
import { join } from "node:path";
import { beforeReady, createEvent, state, strict } from "./rules.ts";

const emitter = new EventEmitter();
const paths = new Map<string, string>();
let name = "Electron";
let ending: () => Promise<void> = async () => undefined;
let quitting = false;

/** What has to be closed before the process ends. */
export function onEnd(task: () => Promise<void>): void {
  ending = task;
}

async function end(code: number): Promise<never> {
  await ending();
  process.exit(code);
}

export const app = strict(
  "app",
  Object.assign(emitter, {
    isPackaged: false,
    setName: (text: string) => {
      name = text;
    },
    getName: () => name,
    getLocale: () => process.env.LC_ALL?.split(".")[0]?.replace("_", "-") ?? "en-US",
    setPath: (key: string, path: string) => paths.set(key, path),
    getPath: (key: string) => {
      const path = paths.get(key);
      if (path === undefined) throw new Error(`Failed to get '${key}' path`);
      return path;
    },
    badgeCount: 0,
    setBadgeCount(count: number): boolean {
      this.badgeCount = count;
      return true;
    },
    enableSandbox: () => beforeReady("app.enableSandbox"),
    isReady: () => state.ready,
    whenReady: () =>
      state.ready ? Promise.resolve() : new Promise<void>((resolve) => emitter.once("ready", () => resolve())),
    requestSingleInstanceLock,
    quit() {
      if (quitting) return;
      const event = createEvent({});
      emitter.emit("before-quit", event);
      if (event.defaultPrevented) return;
      quitting = true;
      emitter.emit("will-quit", createEvent({}));
      void end(0);
    },
    exit: (code = 0) => void end(code),
  }),
);

/** Electron answers at once; here the question is asked before main is run (`askForLock`). */
let locked = true;
function requestSingleInstanceLock(): boolean {
  return locked;
}

/** The first with a data folder listens; a second one tells it and learns that it is second. */
export async function askForLock(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "stand-in.sock");
  locked = await new Promise<boolean>((resolve, reject) => {
    const other = netConnect(path, () => other.end(() => resolve(false)));
    other.once("error", () => {
      const server = createServer(() => emitter.emit("second-instance", {}, [], ""));
      server.once("error", reject);
      server.unref();
      server.listen(path, () => resolve(true));
    });
  });
}
