/** Two containers read as one: filtered, looked into, linked to, saved as evidence; all with real lines of the practice fleet. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { en } from "../../renderer/app/i18n/en.ts";
import { gone, seen, shown, textOf } from "../helpers/e2e.ts";
import { axeFindings } from "../helpers/e2eLook.ts";
import { useStage } from "../helpers/e2eStage.ts";
import { keepForSession, openHost, openLaunch, openSection, startAndWatch } from "../helpers/e2eWays.ts";
import { until } from "../helpers/until.ts";

const root = join(import.meta.dirname, "..", "..");

const launches = [
  ["gate-a", "Chat, echo"],
  ["gate-b", en["template.classifier-onnx"]],
] as const;

describe("the logs of two containers as one", () => {
  let page: Page;
  let log: Locator;
  const stage = useStage({
    practice: true,
    pictures: "logs",
    async enter({ visitor, page: own }) {
      page = own;
      await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
      await keepForSession(page);
      for (const [name, template] of launches) {
        const form = await openLaunch(page, await openHost(page, "orion"), template);
        await form.getByLabel("Name", { exact: true }).first().fill(name);
        const gpu = form.getByRole("checkbox", { name: /H100.*free/ }).first();
        if (template === "Chat, echo") await gpu.check();
        expect(await startAndWatch(page, form), name).toBe("done");
      }
      await openSection(page, "Logs");
      log = page.getByRole("log", { name: "Log of 2 sources" });
    },
  });

  const cursor = () => page.locator(".log-row.cursor");
  const side = () => page.getByRole("complementary", { name: "Line" });
  const filters = () => page.getByRole("region", { name: "Active filters" });

  test("are ticked and opened together, each with its name", async () => {
    for (const name of ["gate-a", "gate-b"]) await page.getByRole("checkbox", { name, exact: true }).check();
    await page.getByRole("button", { name: "Open 2 as one" }).click();
    const text = await textOf(log, (shown) => shown.includes("gate-a") && shown.includes("gate-b"));
    expect(text).toMatch(/gate-b/);
    const legend = page.getByRole("group", { name: "Sources on view" });
    await legend.getByRole("button", { name: /gate-b/ }).click();
    await textOf(log, (shown) => shown.includes("gate-b") && !shown.includes("gate-a"));
    await filters().getByRole("button", { name: "Clear all" }).click();
    await textOf(log, (shown) => shown.includes("gate-a"));
    expect(await axeFindings(page)).toEqual([]);
  });

  test("let go of the end when one reads, and jump back to it", async () => {
    const jump = page.getByRole("button", { name: /^Jump to live/ });
    expect(await jump.isVisible()).toBe(false);
    await page.keyboard.press("KeyK");
    await seen(jump);
    await seen(cursor());
    await jump.click();
    await gone(jump);
    await page.keyboard.press("KeyF");
    await seen(jump);
    await page.keyboard.press("Shift+KeyG");
    await gone(jump);
  });

  test("show what fits the words, by a field of a line, and that line in context", async () => {
    await page.keyboard.press("Slash");
    await page.keyboard.type("/ready");
    await textOf(filters(), (text) => /\d+ of \d+/.test(text) && text.includes("/ready"));
    await textOf(
      log,
      (shown) =>
        shown.trim() !== "" &&
        shown
          .trim()
          .split("\n")
          .every((line) => !/Uvicorn/.test(line)),
    );
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await gone(filters());

    await log
      .getByText(/"path":"\/ready"/)
      .first()
      .click();
    await seen(side().getByRole("heading", { name: "Access" }));
    const whole = await side().locator("pre").first().innerText();
    await side()
      .getByRole("button", { name: /^path \/ready/ })
      .click();
    await textOf(filters(), (text) => text.includes("path is /ready"));
    await until(async () => (await cursor().count()) === 1, { timeoutMs: 5_000, what: "the line is still chosen" });
    expect(await axeFindings(page)).toEqual([]);
    await side().getByRole("button", { name: "In context" }).click();
    await gone(filters());
    await seen(cursor());
    expect(await side().locator("pre").first().innerText()).toBe(whole);
  });

  test("refuse an expression that cannot be run in linear time, and say why where it is written", async () => {
    await page.getByRole("button", { name: /Regular expression/ }).click();
    await page.getByRole("searchbox", { name: "Filter lines" }).fill("(a)\\1");
    await seen(page.getByRole("alert").filter({ hasText: "Not a usable expression" }));
    expect((await log.innerText()).trim()).not.toBe("");
    await page.getByRole("searchbox", { name: "Filter lines" }).fill("");
    await gone(page.getByRole("alert"));
    await page.getByRole("button", { name: /Regular expression/ }).click();
  });

  test("are found again by the link to a line, after a reload", async () => {
    await log.focus();
    await page.keyboard.press("KeyG");
    for (let step = 0; step < 4; step += 1) await page.keyboard.press("KeyJ");
    const wanted = await textOf(cursor(), (text) => text.trim() !== "");
    if (!(await side().isVisible())) await page.keyboard.press("Enter");
    const copy = side().getByRole("button", { name: "Copy link" });
    await until(() => copy.isEnabled(), { timeoutMs: 5_000, what: "the line can be linked to" });
    await copy.click();
    await seen(side().getByRole("button", { name: "Copied" }));
    const link = await page.evaluate(() => navigator.clipboard.readText());
    await openSection(page, "Settings");
    await page.evaluate((hash) => {
      location.hash = hash;
    }, new URL(link).hash);
    await page.reload();
    expect(await textOf(cursor(), (text) => text.trim() !== "")).toBe(wanted);
  });

  test("are saved as evidence that its own program finds whole, and not after a change", async () => {
    await page.getByRole("button", { name: "Save as a file" }).click();
    const dialog = page.getByRole("dialog", { name: "Save the log" });
    await dialog.getByRole("radio", { name: /Signed evidence/ }).check();
    await dialog.getByLabel("Note").fill("for the audit");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Save", exact: true }).click(),
    ]);
    await gone(dialog);
    const file = join(stage.data, download.suggestedFilename());
    await download.saveAs(file);
    await openSection(page, "Audit");
    await page.getByRole("region", { name: "Public key" }).locator("summary").click();
    expect(await axeFindings(page)).toEqual([]);
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the key" }).click(),
    ]);
    const key = join(stage.data, saved.suggestedFilename());
    await saved.saveAs(key);
    const print = await shown(page.getByText(/^SHA256:/).last());
    await page.goBack();
    await seen(log);
    const verify = async (path: string, ...given: string[]) => {
      const args = ["scripts/run.mjs", "scripts/evidence-verify.ts", path, "--json", ...given];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root }).catch(
        (error) => error as { stdout: string },
      );
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    expect(await verify(file, "--key", key, "--audit", join(stage.data, "data", "audit"))).toMatchObject({
      whole: true,
      keyUnchecked: false,
      key: print,
      header: { note: "for the audit", simulated: "all" },
      audit: { row: "found", log: { verdict: "whole" } },
    });
    writeFileSync(`${file}.changed`, readFileSync(file, "utf8").replace("/ready", "/reddy"));
    expect(await verify(`${file}.changed`, "--fingerprint", print)).toMatchObject({
      whole: false,
      faults: [{ fault: "body-changed" }],
    });
  });

  test("keep bookmarks with notes", async () => {
    await log.focus();
    await page.keyboard.press("KeyG");
    await page.keyboard.press("KeyM");
    await page.keyboard.press("KeyB");
    const marks = page.getByRole("complementary", { name: "Bookmarks" });
    await seen(marks.getByRole("listitem"));
    await marks.getByRole("tab", { name: "Line" }).click();
    await side().getByRole("textbox", { name: "Note" }).fill("here it began");
    await page.keyboard.press("Enter");
    await side()
      .getByRole("tab", { name: /Bookmarks/ })
      .click();
    await seen(marks.getByText("here it began"));
    expect(await axeFindings(page)).toEqual([]);
  });

  test("and the page complains of nothing", () => {
    expect(stage.visitor.complaints).toEqual([]);
  });
});
