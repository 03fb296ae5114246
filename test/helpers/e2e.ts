/** The shipped program as a child, and a person's browser in front of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Locator, type Page, type Request } from "playwright-core";
import { beforeEach, onTestFailed } from "vitest";
import { builtApp } from "./built.ts";
import { until } from "./until.ts";

/** Where pictures and what is left of failures go; git does not keep it. */
export const artifacts = join(import.meta.dirname, "..", "..", "artifacts");

/** Longest wait of any look or click, milliseconds: a busy machine is no failure. */
export const patience = 20_000;

export interface Program {
  /** Works once. */
  address: string;
  /** From the start of the process to the printed address. */
  startedInMs: number;
  port: number;
  /** Everything that it wrote so far. */
  output(): string;
  /** Asks it to end and waits; an error when it does not within its own limit, or does not end with 0. */
  stop(): Promise<void>;
}

export interface ProgramOptions {
  /** Made by `newDataFolder`; the caller removes it. */
  data: string;
  practice?: boolean;
  port?: number;
}

export function newDataFolder(): string {
  return mkdtempSync(join(tmpdir(), "gatehouse-e2e-"));
}

export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** Starts `dist/serve.mjs` as a person without a keychain, a display and a home of the past would. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const app = await builtApp();
  const home = join(options.data, "home");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const args = [join(app, "dist", "serve.mjs"), "--no-open", "--data", join(options.data, "data")];
  if (options.practice) args.push("--practice");
  if (options.port !== undefined) args.push("--port", String(options.port));
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: options.data,
    env: { PATH: process.env.PATH ?? "", HOME: home, LANG: "C.UTF-8", TMPDIR: options.data },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let startedInMs = 0;
  const listen = (chunk: Buffer) => {
    said += chunk.toString("utf8");
    if (startedInMs === 0 && printed.test(said)) startedInMs = performance.now() - began;
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  try {
    const address = await until(
      () => {
        if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}:\n${said}`);
        return printed.exec(said)?.[1];
      },
      { timeoutMs: 30_000, what: "the program prints its address" },
    );
    return {
      address,
      startedInMs,
      port: Number(new URL(address).port),
      output: () => said,
      stop: () => end(child, () => said),
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

const printed = /^Gatehouse: (http\S+)$/m;

async function end(child: ChildProcess, said: () => string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  try {
    await until(() => child.exitCode !== null || child.signalCode !== null, {
      timeoutMs: 15_000,
      what: "the program ends when it is asked to",
    });
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  if (child.exitCode !== 0) throw new Error(`the program ended with ${child.exitCode ?? child.signalCode}:\n${said()}`);
}

const chromiumPath = process.env.GATEHOUSE_CHROMIUM ?? "/usr/bin/chromium";

/** A Chromium of its own, with a user folder of its own that goes with it. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** What the page complained of: console errors, errors that nobody caught, violations of the content policy. */
  complaints: string[];
  /** Every frame that a socket of the page received, as bytes. */
  received(): Buffer;
  close(): Promise<void>;
}

export interface VisitorOptions {
  locale?: string;
  colorScheme?: "dark" | "light";
  viewport?: { width: number; height: number };
}

/** A tab of its own, as a stranger to every other one. */
export async function openVisitor(browser: Browser, options: VisitorOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({
    locale: options.locale ?? "en-GB",
    colorScheme: options.colorScheme ?? "dark",
    viewport: options.viewport ?? { width: 1440, height: 900 },
    reducedMotion: "reduce",
    serviceWorkers: "block",
  });
  const page = await context.newPage();
  return { ...(await watchPage(page)), context, close: () => context.close() };
}

/** What Chromium says when an interface of this machine came or went, as other tests' engines make them do. */
const networkChanged = "net::ERR_NETWORK_CHANGED";

/** Opens an address as a person does who tries once more when the network moved just then. */
export async function openAddress(page: Page, address: string): Promise<void> {
  const cut: string[] = [];
  const note = (request: Request) => {
    if (request.failure()?.errorText === networkChanged) cut.push(request.url());
  };
  page.on("requestfailed", note);
  try {
    await until(
      async () => {
        cut.length = 0;
        await page.goto(address, { waitUntil: "load" });
        return cut.length === 0;
      },
      { timeoutMs: 30_000, everyMs: 250, what: "the page is loaded whole" },
    );
  } finally {
    page.off("requestfailed", note);
  }
}

/** Listens to everything that a page says and receives; must be called before its address is opened. */
export async function watchPage(page: Page): Promise<Pick<Visitor, "page" | "complaints" | "received">> {
  const complaints: string[] = [];
  const frames: Buffer[] = [];
  page.setDefaultTimeout(patience);
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes(networkChanged))
      complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => frames.push(Buffer.from(payload as string))),
  );
  await page.addInitScript(() =>
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
    ),
  );
  return { page, complaints, received: () => Buffer.concat(frames) };
}

/** Keeps a picture and the text of the page when the running test fails. */
export function keepOnFailure(page: Page, name: string): void {
  onTestFailed(async () => {
    mkdirSync(artifacts, { recursive: true });
    const base = join(artifacts, `failed-${name}`);
    await page.screenshot({ path: `${base}.png` }).catch(() => undefined);
    const text = await page.locator(":root").ariaSnapshot({ timeout: 2_000 }).catch(String);
    writeFileSync(`${base}.txt`, `${page.url().split("#")[0]}\n${text}\n`);
  });
}

/** Skips every test of the group with its reason; the report counts them by it. */
export function skipWhen(reason: string | null): void {
  beforeEach((context) => {
    if (reason !== null) context.skip(reason);
  });
}

/** Part of a long way; the error of one that fails says where it was. */
export async function step<T>(name: string, act: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    const result = await act();
    console.log(`  ${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return result;
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

export const seen = (locator: Locator, timeout = patience): Promise<void> =>
  locator.first().waitFor({ state: "visible", timeout });

export const gone = (locator: Locator, timeout = patience): Promise<void> =>
  locator.first().waitFor({ state: "hidden", timeout });

/** What a person reads there: laid out, with what is hidden left out. */
export async function shown(locator: Locator, timeout = patience): Promise<string> {
  await seen(locator, timeout);
  const [text = ""] = await locator.first().allInnerTexts();
  return text;
}

/** Waits until what is shown there is what `fits` wants, and returns it. */
export function textOf(locator: Locator, fits: (text: string) => boolean, timeoutMs = patience): Promise<string> {
  return until(
    async () => {
      const text = await shown(locator, 2_000);
      return fits(text) ? text : null;
    },
    { timeoutMs, everyMs: 100, what: `${locator} reads as ${fits}` },
  );
}
