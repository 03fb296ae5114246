/** The desktop door for tests: in Electron where its runtime is installed, else in the stand-in. One set of questions. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { _electron, chromium, type Page } from "playwright-core";
import { bundleScript } from "../../../scripts/lib/bundleScript.mjs";
import { findElectron } from "../../../scripts/lib/electron.mjs";
import { until } from "../until.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export type DesktopKind = "stand-in" | "electron";

export interface DesktopApp {
  kind: DesktopKind;
  /** The first window's page, loaded. */
  page(): Promise<Page>;
  /** Runs a function in main, with the `electron` module and a cloneable argument. */
  inMain<T, A>(
    fn: (electron: typeof import("electron") & StandInExtras, arg: A) => T | Promise<T>,
    arg?: A,
  ): Promise<T>;
  /** Exit status, once it has ended. */
  exited: Promise<number | null>;
  /** What it printed so far. */
  output(): string;
  close(): Promise<void>;
}

export interface StandInExtras {
  standIn: { journal: { opened: string[]; notified: { title: string; body: string }[]; errors: string[] } };
}

export interface DesktopOptions {
  /** Folder with a package.json whose `main` is run; default the project. */
  app?: string;
  args?: string[];
  env?: Record<string, string>;
}

/** Null when the real program is there, else why it is not. */
export function whyNoElectron(): string | null {
  const found = findElectron();
  return "missing" in found ? found.missing : null;
}

export async function launchDesktop(kind: DesktopKind, options: DesktopOptions = {}): Promise<DesktopApp> {
  return kind === "electron" ? launchElectron(options) : launchStandIn(options);
}

async function launchStandIn({ app = root, args = [], env = {} }: DesktopOptions): Promise<DesktopApp> {
  const [program, child] = await Promise.all(
    ["program", "utilityChild"].map((name) =>
      bundleScript(fileURLToPath(new URL(`./standIn/${name}.ts`, import.meta.url))),
    ),
  );
  const running = fork(program!, [child!, app, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [],
  });
  let text = "";
  for (const stream of [running.stdout, running.stderr]) {
    stream?.on("data", (data) => {
      text += data;
    });
  }
  const exited = new Promise<number | null>((resolve) => running.once("exit", resolve));
  const ask = questions(running, () => text);
  const ready = new Promise<string>((resolve, reject) => {
    running.on("message", (message: { endpoint?: string }) => message.endpoint && resolve(message.endpoint));
    running.once("exit", (code) => reject(new Error(`the desktop program ended with ${code}:\n${text}`)));
  });
  ready.catch(() => undefined);
  const viewer = ready.then((endpoint) => chromium.connectOverCDP(endpoint));
  viewer.catch(() => undefined);
  return {
    kind: "stand-in",
    async page() {
      const browser = await viewer;
      const pages = () => browser.contexts().flatMap((context) => context.pages());
      const page = await until(() => pages().find((one) => one.url().includes(".invalid/")), {
        timeoutMs: 20_000,
        what: `a window\n${text}`,
      });
      await page.waitForLoadState();
      return page;
    },
    inMain: (fn, arg) => ask(fn.toString(), arg) as never,
    exited,
    output: () => text,
    async close() {
      if (running.exitCode === null && running.connected) {
        ask("({ app }) => app.quit()", null).catch(() => undefined);
        const timer = setTimeout(() => running.kill("SIGKILL"), 15_000);
        await exited;
        clearTimeout(timer);
      }
      await viewer.then((browser) => browser.close()).catch(() => undefined);
    },
  };
}

function questions(running: ChildProcess, output: () => string) {
  let nextId = 0;
  return (fn: string, arg: unknown) =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      const ended = () => reject(new Error(`the desktop program ended:\n${output()}`));
      const listener = (message: { id?: number; value?: unknown; error?: string }) => {
        if (message.id !== id) return;
        running.off("message", listener);
        running.off("exit", ended);
        if (message.error === undefined) resolve(message.value);
        else reject(new Error(message.error));
      };
      if (!running.connected) {
        ended();
        return;
      }
      running.on("message", listener);
      running.once("exit", ended);
      running.send({ id, fn, arg });
    });
}

async function launchElectron({ app = root, args = [], env = {} }: DesktopOptions): Promise<DesktopApp> {
  const found = findElectron();
  if ("missing" in found) throw new Error(found.missing);
  const electron = await _electron.launch({
    executablePath: found.path,
    args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), app, ...args],
    env: { ...(process.env as Record<string, string>), ...env },
  });
  const child = electron.process();
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => {
      text += data;
    });
  }
  return {
    kind: "electron",
    page: () => electron.firstWindow(),
    inMain: (fn, arg) => electron.evaluate(fn as never, arg as never) as never,
    exited: new Promise((resolve) => child.once("exit", resolve)),
    output: () => text,
    close: () => electron.close(),
  };
}
