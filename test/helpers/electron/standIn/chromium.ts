import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

export interface RunningChromium {
  browser: Browser;
  /** Where a second client can look at the same pages. */
  endpoint: string;
  close(): Promise<void>;
}

/** A Chromium of its own that two clients can talk to: the stand-in, and the test. */
export async function startChromium(): Promise<RunningChromium> {
  const profile = mkdtempSync(join(tmpdir(), "gatehouse-chromium-"));
  const child = spawn(
    process.env.GATEHOUSE_CHROMIUM ?? "/usr/bin/chromium",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const endpoint = await endpointOf(child);
  const browser = await chromium.connectOverCDP(endpoint);
  return {
    browser,
    endpoint,
    async close() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      const session = await browser.newBrowserCDPSession().catch(() => null);
      await session?.send("Browser.close").catch(() => undefined);
      const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
      if (child.exitCode === null && child.signalCode === null) await gone;
      clearTimeout(timer);
      // Its helpers may write a little longer; what they leave is in the temp folder.
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => undefined);
    },
  };
}

function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`chromium ended with ${code}: ${text}`)));
    child.stderr?.on("data", (data) => {
      text = (text + data).slice(-20_000);
      const found = /DevTools listening on (ws:\/\/\S+)/.exec(text);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
  });
}
