/** From a fresh practice fleet to a notebook that computes, in one click; the network goes, and it goes on. */
import type { BrowserContext, Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { seen, textOf } from "../helpers/e2e.ts";
import { useStage } from "../helpers/e2eStage.ts";
import {
  closeDrawer,
  keepForSession,
  openHost,
  openLaunch,
  openSection,
  rowOf,
  setFault,
  startAndWatch,
  startPractice,
} from "../helpers/e2eWays.ts";

describe("a notebook of the practice fleet", () => {
  let page: Page;
  let context: BrowserContext;
  /** Every address that any page asked for. */
  const asked: string[] = [];
  useStage({
    pictures: "notebook",
    arrange(made) {
      page = made.page;
      context = page.context();
      context.on("request", (request) => asked.push(request.url()));
      context.on("page", (opened) => opened.on("websocket", (socket) => asked.push(socket.url())));
    },
  });

  /** The tab that comes up. */
  async function openBy(button: Locator): Promise<Page> {
    const [tab] = await Promise.all([context.waitForEvent("page"), button.click()]);
    await seen(tab.getByText("simulated", { exact: true }));
    await seen(tab.getByText("idle", { exact: true }));
    return tab;
  }

  async function run(tab: Page, cell: number): Promise<string> {
    const box = tab.locator(".cell").nth(cell - 1);
    await box.getByRole("button", { name: "Run" }).click();
    return textOf(box.locator("pre"), (text) => text !== "");
  }

  function expectNoKey(): void {
    expect(asked.filter((url) => /token=|code=|[0-9a-f]{48}/.test(url))).toEqual([]);
    expect(asked.some((url) => url.startsWith("ws://127.0.0.1:"))).toBe(true);
  }

  test("opens in one click, computes, and comes back by itself when the network was gone", async () => {
    await startPractice(page);
    await openSection(page, "Notebooks");
    await seen(rowOf(page, "Notebooks", /old-evaluation/).getByText("high"));
    const row = rowOf(page, "Notebooks", /first-steps/);
    const tab = await openBy(row.getByRole("button", { name: /^Open first-steps/ }));
    expect(new URL(tab.url()).pathname).toBe("/lab");
    expect(await run(tab, 1)).toBe("2");
    expect(await run(tab, 2)).toBe("42");
    await row.getByText(/first-steps/).click();
    await seen(page.getByRole("dialog").getByText("Nothing is wrong with how it is set up."));
    await seen(page.getByRole("dialog").getByText("welcome.ipynb"));
    await closeDrawer(page.getByRole("dialog"));

    const drawer = await openHost(page, "orion");
    await setFault(drawer, "Cut the connection", true);
    await seen(tab.getByText("no connection, trying again"));
    await setFault(drawer, "Cut the connection", false);
    await seen(tab.getByText("idle", { exact: true }), 60_000);
    // Its kernel was never away.
    expect(await run(tab, 3)).toBe("6");
    await closeDrawer(drawer);
    await tab.close();
    expectNoKey();
  });

  test("is started as a hardened container, and opened from there", async () => {
    await keepForSession(page);
    const form = await openLaunch(page, await openHost(page, "orion"), "Notebook");
    expect(await startAndWatch(page, form)).toBe("done");
    await page.getByRole("button", { name: "Open the notebook" }).click();
    await seen(page.getByRole("dialog").getByText("in the container notebook"));
    const tab = await openBy(page.getByRole("dialog").getByRole("button", { name: "Open", exact: true }));
    expect(await run(tab, 1)).toBe("2");
    await tab.close();
    expectNoKey();
  });
});
