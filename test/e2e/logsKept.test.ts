/** A log that is kept: pinned, found again after the console was started anew, filtered, saved, and thrown away. */
import { readFileSync } from "node:fs";
import type { Locator, Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { gone, openAddress, type Program, seen, startProgram, textOf } from "../helpers/e2e.ts";
import { axeFindings } from "../helpers/e2eLook.ts";
import { useStage } from "../helpers/e2eStage.ts";
import { openSection } from "../helpers/e2eWays.ts";

const name = "embedder";

describe("a log that is kept", () => {
  let page: Page;
  let again: Program | null = null;
  const stage = useStage({
    practice: true,
    pictures: "logs-kept",
    async enter({ page: own }) {
      page = own;
      await openSection(page, "Logs");
    },
  });
  afterAll(async () => {
    await again?.stop();
  });
  const log = (): Locator => page.getByRole("log");
  const kept = () => page.getByRole("listitem").filter({ hasText: /\d+ lines? ·/ });
  /** Text of the lines that were there when it was kept. */
  let lines = "";

  test("is pinned while it is read", async () => {
    await page.getByRole("button", { name: `Open the log of ${name}`, exact: true }).click();
    lines = (await textOf(log(), (text) => text.includes("Listening"))).split("\n")[0] ?? "";
    await page.getByRole("button", { name: "Keep this log on this machine" }).click();
    await seen(page.getByText("It is kept on this machine, masked, when the console ends."));
    await seen(page.getByRole("button", { name: "Do not keep this log" }));
  });

  test("is in the list of the next start, and holds what it held", async () => {
    await stage.program.stop();
    await page.goto("about:blank");
    again = await startProgram({ data: stage.data, practice: true });
    await openAddress(page, again.address);
    await openSection(page, "Logs");
    await textOf(kept(), (text) => text.includes(name));
    await seen(kept().getByText("simulated", { exact: true }));
    expect(await axeFindings(page)).toEqual([]);
    await kept()
      .getByRole("button", { name: `Open the log of ${name}` })
      .click();
    expect((await textOf(log(), (text) => text.includes("Listening"))).split("\n")[0]).toBe(lines);
    await seen(page.getByText(`${name} (kept)`));
    await seen(page.locator(".list-head").getByText("simulated", { exact: true }));
    await seen(page.getByText("ended", { exact: true }));
    // It is kept already.
    expect(await page.getByRole("button", { name: "Keep this log on this machine" }).count()).toBe(0);
    expect(await axeFindings(page)).toEqual([]);
  });

  test("is filtered and saved as any other", async () => {
    await page.keyboard.press("Slash");
    await page.keyboard.type("listening");
    await textOf(page.getByRole("region", { name: "Active filters" }), (text) => /^1 of \d+/.test(text.trim()));
    await page.getByRole("button", { name: "Save as a file" }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    const saved = readFileSync(await download.path(), "utf8");
    expect(saved).toMatch(/^\S+Z stdout \S*.*Listening.*\n$/);
    await gone(page.getByRole("dialog"));
  });

  test("is thrown away with the second press, and for good", async () => {
    await page.getByRole("button", { name: "Sources" }).click();
    const dialog = page.getByRole("dialog", { name: "Sources" });
    await dialog.getByRole("button", { name: `Remove the kept log of ${name}` }).click();
    await dialog.getByRole("button", { name: "Remove for good" }).click();
    await seen(dialog.getByText("No log is kept on this machine."));
  });

  test("and the page complains of nothing but the end of the first program", () => {
    const others = stage.visitor.complaints.filter((text) => !/WebSocket|ERR_CONNECTION_REFUSED/.test(text));
    expect(others).toEqual([]);
  });
});
