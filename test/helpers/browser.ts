import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const executablePath = process.env.GATEHOUSE_CHROMIUM ?? "/usr/bin/chromium";

/** Null when there is a Chromium, else why there is none. */
export function whyNoBrowser(): string | null {
  return existsSync(executablePath) ? null : `no Chromium at ${executablePath}`;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run"],
  });
}
