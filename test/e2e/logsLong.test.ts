/**
 * A log of three million lines, more than any element can be high: by wheel, by keys, by the scroll bar, by a link, and to
 * its end. The lines are made up, the room that holds them and the page are the real ones.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StartSource } from "../../electron/core/logs/index.ts";
import { whyNoBrowser } from "../helpers/browser.ts";
import { builtApp } from "../helpers/built.ts";
import { gone, keepOnFailure, openVisitor, seen, skipWhen, textOf, type Visitor } from "../helpers/e2e.ts";
import { type LogRig, openLogRig } from "../helpers/logRig.ts";
import { until } from "../helpers/until.ts";

const missing = whyNoBrowser();
const count = 3_000_000;
const began = Date.UTC(2026, 2, 1);

/** All lines as fast as they are taken; `whole` settles behind the last. */
function longLog(): { start: StartSource; whole: Promise<void> } {
  let told = () => {};
  const whole = new Promise<void>((resolve) => {
    told = resolve;
  });
  const start: StartSource = (deps) => {
    let stopped = false;
    let over = () => {};
    const done = new Promise<void>((resolve) => {
      over = resolve;
    });
    const tell = (from: number): void => {
      if (stopped) return;
      const to = Math.min(count, from + 5_000);
      for (let i = from; i < to; i += 1) deps.append({ at: began + i, stream: "stdout", text: `row ${i} of the log` });
      deps.changed();
      if (to < count) setTimeout(() => tell(to), 2);
      else told();
    };
    tell(0);
    const stop = () => {
      stopped = true;
      over();
    };
    return { state: "live", problem: null, masked: new Map(), done, stop };
  };
  return { start, whole };
}

describe("a log of three million lines", () => {
  skipWhen(missing);
  let folder: string;
  let rig: LogRig;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let log: Locator;
  /** The line that is linked to. */
  let wanted = -1;

  beforeAll(async () => {
    if (missing !== null) return;
    folder = await mkdtemp(join(tmpdir(), "gatehouse-long-"));
    const { start, whole } = longLog();
    rig = await openLogRig({
      page: join(await builtApp(), "dist", "renderer"),
      folder: join(folder, "logs"),
      fake: { empty: true },
      source: () => ({ name: "long", hostName: "orion", start }),
    });
    // The bar that is pulled has to be there.
    browser = await chromium.launch({
      executablePath: process.env.GATEHOUSE_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
      ignoreDefaultArgs: ["--hide-scrollbars"],
    });
    visitor = await openVisitor(browser);
    page = visitor.page;
    await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(rig.door.newAddress());
    await seen(page.getByRole("heading", { level: 1 }));
    await page.evaluate(
      (route) => {
        location.hash = route;
      },
      `#/logs/orion/${"e".repeat(12)}`,
    );
    log = page.getByRole("log");
    await whole;
    await textOf(log, (text) => text.includes(`row ${count - 1} of`), 60_000);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await rig?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** Numbers of the lines in view. */
  async function inView(): Promise<number[]> {
    return log.evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return [...element.querySelectorAll("[data-row]")].flatMap((row) => {
        const box = row.getBoundingClientRect();
        const number = /row (\d+) of/.exec(row.textContent ?? "")?.[1];
        return box.bottom > top + 1 && box.top < bottom - 1 && number !== undefined ? [Number(number)] : [];
      });
    });
  }
  const viewWhen = (fits: (rows: number[]) => boolean, what: string) =>
    until(
      async () => {
        const rows = await inView();
        const whole = rows.length > 20 && rows.every((row, at) => at === 0 || row === (rows[at - 1] ?? 0) + 1);
        return whole && fits(rows) ? rows : undefined;
      },
      { timeoutMs: 20_000, what },
    );
  const first = (rows: number[]) => rows[0] ?? -1;
  const last = (rows: number[]) => rows.at(-1) ?? -1;

  /** How far down the thumb is, 0 to 1. */
  const thumb = () =>
    log.evaluate((element) => element.scrollTop / Math.max(1, element.scrollHeight - element.clientHeight));
  /** Pulls the thumb from where it is to a share of the bar. */
  async function pull(share: number): Promise<void> {
    // The bar's buttons, and half of the thumb, which has its least height.
    const half = 17;
    /** Where the bar is now: the density above it may have come meanwhile. */
    const bar = async () => {
      const box = (await log.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
      const width = await log.evaluate((element) => element.getBoundingClientRect().width - element.clientWidth);
      expect(width).toBeGreaterThan(4);
      return { x: box.x + box.width - width / 2, y: (of: number) => box.y + half + of * (box.height - 2 * half) };
    };
    // Chromium loses moves of a bar that come faster than frames: the hand goes on until the thumb is there.
    await until(
      async () => {
        const { x, y } = await bar();
        await page.mouse.move(x, y(await thumb()));
        await page.mouse.down();
        for (let tries = 0; tries < 5; tries += 1) {
          await page.mouse.move(x, y(share) + (tries % 2), { steps: 6 });
          await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
          if (Math.abs((await thumb()) - share) < 0.01) break;
        }
        await page.mouse.up();
        return Math.abs((await thumb()) - share) < 0.01;
      },
      { timeoutMs: 20_000, what: `the thumb at ${share}` },
    );
  }

  test("is followed at its end, and begins at its first line", async () => {
    keepOnFailure(page, "logs-long-ends");
    await viewWhen((rows) => last(rows) === count - 1, "the end");
    await log.focus();
    await page.keyboard.press("Home");
    await viewWhen((rows) => first(rows) === 0, "the first line");
    expect(await thumb()).toBe(0);
    await page.keyboard.press("PageDown");
    await page.keyboard.press("PageDown");
    await viewWhen((rows) => first(rows) > 20 && first(rows) < 100, "two pages on");
    await page.keyboard.press("End");
    await viewWhen((rows) => last(rows) === count - 1, "the end again");
    await gone(page.getByRole("button", { name: /^Jump to live/ }));
    expect(await thumb()).toBeGreaterThan(0.999);
  });

  test("the scroll bar measures the whole of it", async () => {
    keepOnFailure(page, "logs-long-bar");
    for (const share of [0.5, 0.1, 0.9]) {
      await pull(share);
      const rows = await viewWhen((found) => Math.abs(first(found) / count - share) < 0.03, `at ${share} of the log`);
      expect(Math.abs((await thumb()) - first(rows) / count)).toBeLessThan(0.01);
    }
    await pull(0);
    await viewWhen((rows) => first(rows) === 0, "the top of the bar");
    await pull(1);
    await viewWhen((rows) => last(rows) === count - 1, "the bottom of the bar");
    await gone(page.getByRole("button", { name: /^Jump to live/ }));
  });

  test("the wheel goes line by line, anywhere", async () => {
    keepOnFailure(page, "logs-long-wheel");
    for (const share of [0.5, 0.001, 0.998]) {
      await pull(share);
      const rows = await viewWhen((found) => Math.abs(first(found) / count - share) < 0.03, `at ${share} of the log`);
      await log.hover();
      for (let turn = 0; turn < 20; turn += 1) await page.mouse.wheel(0, 400);
      const after = await viewWhen((found) => first(found) >= first(rows) + 395, "20 turns further");
      expect(Math.abs(first(after) - first(rows) - 400)).toBeLessThanOrEqual(1);
      for (let turn = 0; turn < 20; turn += 1) await page.mouse.wheel(0, -400);
      await viewWhen((found) => Math.abs(first(found) - first(rows)) <= 1, "and back");
    }
  });

  test("a link to a line in its midst opens it there, and the thumb stands where it is", async () => {
    keepOnFailure(page, "logs-long-link");
    await pull(0.6);
    const rows = await viewWhen((found) => Math.abs(first(found) / count - 0.6) < 0.03, "where the line is");
    wanted = first(rows) + 5;
    await log.getByText(`row ${wanted} of the log`).click();
    const side = page.getByRole("complementary", { name: "Line" });
    await side.getByRole("button", { name: "Copy link" }).click();
    await seen(side.getByRole("button", { name: "Copied" }));
    const link = await page.evaluate(() => navigator.clipboard.readText());
    await page.evaluate(() => {
      location.hash = "#/settings";
    });
    await gone(log);
    await page.evaluate((hash) => {
      location.hash = hash;
    }, new URL(link).hash);
    await textOf(page.locator(".log-row.cursor"), (text) => text.includes(`row ${wanted} of the log`), 30_000);
    expect(Math.abs((await thumb()) - wanted / count)).toBeLessThan(0.01);
    await page.keyboard.press("KeyJ");
    await textOf(page.locator(".log-row.cursor"), (text) => text.includes(`row ${wanted + 1} of the log`));
  });

  test("wrapped lines and a filter change nothing of that", async () => {
    keepOnFailure(page, "logs-long-wrap");
    await page.keyboard.press("KeyW");
    await seen(page.locator(".log-scroll.wrap"));
    await viewWhen((found) => found.includes(wanted), "the same line, wrapped");
    await pull(0.3);
    await viewWhen((found) => Math.abs(first(found) / count - 0.3) < 0.03, "wrapped, at 0.3 of the log");
    await page.keyboard.press("KeyW");
    await page.keyboard.press("Slash");
    await page.keyboard.type("9 of the log");
    const filters = page.getByRole("region", { name: "Active filters" });
    await textOf(filters, (text) => text.replace(/\D/g, "").startsWith("3000003000000"), 60_000);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("KeyG");
    await textOf(log, (text) => text.includes("row 9 of the log") && !text.includes("row 8 of the log"));
  });

  test("and the page complains of nothing", () => {
    expect(visitor.complaints).toEqual([]);
  });
});
