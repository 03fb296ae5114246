/** The console without a mouse, in a foreign layout, after a reload, behind a spent link, and when the program is gone. */
import type { Locator, Page, WebSocketRoute } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { en } from "../../renderer/app/i18n/en.ts";
import { sections } from "../../renderer/app/sections.ts";
import { gone, keepOnFailure, openAddress, openVisitor, seen, startProgram } from "../helpers/e2e.ts";
import { useStage } from "../helpers/e2eStage.ts";
import { digitOf } from "../helpers/e2eTour.ts";
import { rowOf } from "../helpers/e2eWays.ts";
import { until } from "../helpers/until.ts";

describe("with the keyboard alone", () => {
  const sockets: WebSocketRoute[] = [];
  let page: Page;
  const stage = useStage({
    practice: true,
    pictures: "keyboard",
    async arrange(made) {
      page = made.page;
      // Every frame is passed on; being in between, the test can cut the wire.
      await page.routeWebSocket("**/rpc", (socket) => {
        socket.connectToServer();
        sockets.push(socket);
      });
    },
    enter: () => seen(rowOf(page, "Fleet", /orion/).getByText("online"), 60_000),
  });

  const hasFocus = (locator: Locator, what: string) =>
    until(() => locator.evaluate((element) => element === document.activeElement), {
      timeoutMs: 5_000,
      everyMs: 50,
      what: `${what} has the focus`,
    });

  test("the code leaves the address bar at once", () => {
    expect(page.url()).not.toContain("code=");
  });

  test("the side bar has its digits from the first section to the last", async () => {
    const names = await page.getByRole("navigation", { name: "Sections" }).getByRole("link").allInnerTexts();
    expect(names.map((text) => text.replace(/\s+/g, " "))).toEqual(
      sections.map(({ id }, index) => `${en[`section.${id}`]} ${index + 1}`),
    );
  });

  test.each(sections.map(({ id, digit }) => ({ name: en[`section.${id}`], digit })))(
    "Ctrl+$digit opens $name",
    async ({ name, digit }) => {
      await page.keyboard.press(`Control+Digit${digit}`);
      await seen(page.getByRole("heading", { level: 1, name }));
      const link = page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name });
      expect(await link.getAttribute("aria-current")).toBe("page");
    },
  );

  test("Ctrl+K opens the palette, which goes to a host; Esc closes the drawer", async () => {
    await page.keyboard.press("Control+KeyK");
    const palette = page.getByRole("dialog", { name: "Command palette" });
    await hasFocus(palette.getByRole("combobox"), "the palette's field");
    await page.keyboard.type("vega");
    await seen(palette.getByRole("option", { name: /vega/, selected: true }));
    await page.keyboard.press("Enter");
    await gone(palette);
    const drawer = page.getByRole("dialog", { name: "vega" });
    await seen(drawer);
    await page.keyboard.press("Escape");
    await gone(drawer);
  });

  test("/ focuses the filter, which finds a name typed in the Russian layout", async () => {
    await page.keyboard.press("Control+Digit1");
    await page.keyboard.press("Slash");
    const filter = page.getByRole("searchbox", { name: "Filter hosts" });
    await hasFocus(filter, "the filter");
    await page.keyboard.type("щкшщт");
    await gone(rowOf(page, "Fleet", /vega/));
    await seen(rowOf(page, "Fleet", /orion/));
    await seen(page.getByText("1 of 3", { exact: true }));
    await page.keyboard.press("Escape");
    await seen(rowOf(page, "Fleet", /vega/));
    expect(await filter.inputValue()).toBe("");
  });

  test("arrows move between rows, Enter opens one, Esc closes it and the focus is on the row again", async () => {
    const rows = page.getByRole("table", { name: "Fleet" }).getByRole("row");
    await rows.nth(1).focus();
    await page.keyboard.press("ArrowDown");
    const second = rows.nth(2);
    await hasFocus(second, "the second row");
    await page.keyboard.press("Enter");
    const drawer = page.getByRole("dialog");
    await hasFocus(drawer, "the drawer");
    await page.keyboard.press("Escape");
    await gone(drawer);
    await hasFocus(second, "the row that was opened");
  });

  test("? shows the shortcuts, and Esc takes them away", async () => {
    await page.keyboard.press("Shift+Slash");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await seen(help.getByText("Filter the list"));
    await page.keyboard.press("Escape");
    await gone(help);
  });

  test("a reload keeps the session and the place", async () => {
    await page.keyboard.press(`Control+Digit${digitOf("section.audit")}`);
    await seen(page.getByRole("heading", { level: 1, name: "Audit" }));
    await page.reload();
    await seen(page.getByRole("heading", { level: 1, name: "Audit" }));
    await seen(page.getByText("Connected", { exact: true }));
  });

  test("the link works once: another tab is told what to do", async () => {
    const second = await openVisitor(stage.browser);
    keepOnFailure(second.page, "code-used");
    await openAddress(second.page, stage.program.address);
    await seen(second.page.getByRole("heading", { name: "This link was used before" }));
    await seen(second.page.getByText(/restart the program to get a new one/));
    expect(await second.page.getByRole("table").count()).toBe(0);
    await openAddress(second.page, `http://127.0.0.1:${stage.program.port}/`);
    await seen(second.page.getByRole("heading", { name: /used before|Open the link/ }));
    await second.close();
    const third = await openVisitor(stage.browser);
    await openAddress(third.page, `http://127.0.0.1:${stage.program.port}/`);
    await seen(third.page.getByRole("heading", { name: "Open the link that the program printed" }));
    await third.close();
  });

  test("a cut wire is told, and mends by itself", async () => {
    const before = sockets.length;
    await sockets.at(-1)?.close({ code: 4_000, reason: "cut by the test" });
    await until(() => sockets.length > before, { timeoutMs: 10_000, what: "the page dials again" });
    await seen(page.getByText("Connected", { exact: true }));
    await page.keyboard.press("Control+Digit1");
    await seen(rowOf(page, "Fleet", /orion/));
  });

  test("nothing was complained of so far", () => {
    // Refusals are 401 answers, and a browser writes those into its console; they were in other tabs.
    expect(stage.visitor.complaints).toEqual([]);
  });

  test("a program that ended is told; started anew on its port, the page says what to do, and a new link works", async () => {
    const { data, program } = stage;
    const { port } = program;
    await program.stop();
    await seen(page.getByText("Connection lost", { exact: true }));
    await seen(page.getByRole("button", { name: "Try again" }));
    const again = await startProgram({ data, practice: true, port });
    onTestFinished(() => again.stop());
    await seen(page.getByRole("heading", { name: "The program was started anew" }));
    await seen(page.getByText("Open the link that the new start printed", { exact: false }));
    const anew = await openVisitor(stage.browser);
    await openAddress(anew.page, again.address);
    await seen(rowOf(anew.page, "Fleet", /orion/).getByText("online"));
    await anew.close();
  });
});
