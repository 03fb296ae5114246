/** An alert reaches a person who does not look at the console, and those who open it again; on the practice fleet. */
import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { gone, keepOnFailure, openAddress, seen, startProgram, type Visitor } from "../helpers/e2e.ts";
import { axeFindings, sidewaysScroll } from "../helpers/e2eLook.ts";
import { useStage } from "../helpers/e2eStage.ts";
import { openSection, putRule, rowOf } from "../helpers/e2eWays.ts";
import { until } from "../helpers/until.ts";

interface Call {
  title: string;
  body: string;
  tag: string;
}

/** In the page: calls are written down instead of shown, and the page can be told that nobody looks at it. */
interface Recorded {
  calls: { call: Call; onclick: (() => void) | null }[];
  away: boolean;
}

const inPage = () => {
  const recorded: Recorded = { calls: [], away: false };
  const Real = Notification;
  class Recorder {
    onclick: (() => void) | null = null;
    readonly call: Call;
    constructor(title: string, { body = "", tag = "" }: NotificationOptions) {
      this.call = { title, body, tag };
      recorded.calls.push(this);
    }
    static get permission() {
      return Real.permission;
    }
    static requestPermission() {
      return Real.requestPermission();
    }
    close() {}
  }
  document.hasFocus = () => !recorded.away;
  Object.assign(window, { Notification: Recorder, recorded });
};

const lookAway = (page: Page, away: boolean) =>
  page.evaluate((gone) => {
    (window as never as { recorded: Recorded }).recorded.away = gone;
    window.dispatchEvent(new Event(gone ? "blur" : "focus"));
  }, away);

const callsOf = (page: Page): Promise<Call[]> =>
  page.evaluate(() => (window as never as { recorded: Recorded }).recorded.calls.map(({ call }) => call));

const permissionSwitch = (page: Page) => page.getByLabel("Show a notification when an alert fires");

async function arrange({ visitor }: { visitor: Visitor }): Promise<void> {
  await visitor.context.addInitScript(inPage);
}

describe("a person who does not look is called", () => {
  const stage = useStage({ practice: true, pictures: "call", arrange });

  test("not before the browser allows it: the switch is off, and a click asks", async () => {
    const { page, visitor } = stage;
    await openSection(page, "Settings");
    expect(await permissionSwitch(page).isChecked()).toBe(false);
    await visitor.context.grantPermissions(["notifications"], { origin: new URL(stage.program.address).origin });
    await until(async () => permissionSwitch(page).isChecked(), { timeoutMs: 10_000 });
    await permissionSwitch(page).click();
    await until(async () => !(await permissionSwitch(page).isChecked()), { timeoutMs: 10_000 });
    await permissionSwitch(page).click();
    await until(async () => permissionSwitch(page).isChecked(), { timeoutMs: 10_000 });
    expect(await axeFindings(page)).toEqual([]);
  });

  test("whoever looks is told on the page: a count in the title, a mark in the icon, a word for screen readers", async () => {
    const { page } = stage;
    expect(await page.title()).toBe("Gatehouse");
    const calm = await page.locator("link[rel=icon]").getAttribute("href");
    await putRule(page, "looked at", "/health");
    await until(async () => /^\(\d+\) Gatehouse$/.test(await page.title()), { timeoutMs: 20_000 });
    expect(await page.locator("link[rel=icon]").getAttribute("href")).not.toBe(calm);
    const said = page.getByRole("status").filter({ hasText: /^New alert\./ });
    await until(async () => (await said.count()) === 1, { timeoutMs: 10_000 });
    expect(await said.textContent()).toContain("looked at");
    expect(await callsOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Take note of all" }).click();
    await until(async () => (await page.title()) === "Gatehouse", { timeoutMs: 10_000 });
    expect(await page.locator("link[rel=icon]").getAttribute("href")).toBe(calm);
  });

  test("whoever looks away gets one notification, with names and without a word of a log", async () => {
    const { page } = stage;
    await lookAway(page, true);
    await putRule(page, "looked away", "/health");
    const [call, ...more] = await until(async () => (await callsOf(page)).length > 0 && callsOf(page), {
      timeoutMs: 30_000,
      what: "a notification",
    });
    expect(more).toEqual([]);
    expect(`${call?.title} ${call?.body}`).toContain("looked away");
    expect(call?.body).toMatch(/ on orion, \w+ \(simulated\)/);
    expect(JSON.stringify(call)).not.toMatch(/GET|health|INFO/);
    // Another alert of that rule within the minute waits.
    expect(await callsOf(page)).toHaveLength(1);
  });

  test("a click on it leads to the alert, whole", async () => {
    const { page } = stage;
    await openSection(page, "Fleet");
    await page.evaluate(() => (window as never as { recorded: Recorded }).recorded.calls[0]?.onclick?.());
    await lookAway(page, false);
    await seen(page.getByRole("heading", { level: 1, name: "Alerts" }));
    const drawer = page.getByRole("dialog", { name: "looked away" });
    await seen(drawer.getByText(/"GET".*\/health/).first());
    await seen(drawer.getByText("simulated").first());
    expect(await axeFindings(page)).toEqual([]);
    await drawer.getByRole("button", { name: "Take note" }).click();
    await gone(drawer.getByRole("button", { name: "Take note" }));
    await page.keyboard.press("Escape");
    await gone(drawer);
  });

  test("a rule that is quiet shows its alert and calls nobody; nor does another tab while one is looked at", async () => {
    const { page, visitor } = stage;
    await page.getByRole("tab", { name: "Rules" }).click();
    await page.getByRole("button", { name: "Add a rule" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a rule" });
    await dialog.getByLabel("Name", { exact: true }).fill("hushed");
    await dialog.getByLabel("Text in the line").fill("/health");
    await dialog.getByLabel("Quiet").click();
    await lookAway(page, true);
    const before = (await callsOf(page)).length;
    await dialog.getByRole("button", { name: "Add a rule" }).click();
    await gone(dialog);
    await page.getByRole("tab", { name: "Alerts" }).click();
    await seen(rowOf(page, "Alerts", /hushed/).first(), 30_000);
    const opening = visitor.context.waitForEvent("page");
    await page.evaluate(() => void window.open(location.href));
    const other = await opening;
    onTestFinished(() => other.close());
    await seen(other.getByRole("heading", { level: 1 }));
    await putRule(other, "elsewhere", "/health");
    await until(async () => (await other.title()) === (await page.title()) && page.title(), { timeoutMs: 10_000 });
    // Longer than alerts are gathered for: what was to be called about has been by now.
    const calledBy = Date.now() + 4_000;
    await until(() => Date.now() > calledBy, { timeoutMs: 10_000 });
    expect([(await callsOf(page)).length, await callsOf(other)]).toEqual([before, []]);
  });

  test("after a restart alerts are there as they were, with the time when nobody watched", async () => {
    const { data, program, visitor } = stage;
    await program.stop();
    // As long as a person takes: a shorter pause is not worth a word.
    const stopped = Date.now();
    await until(() => Date.now() - stopped > 1_500, { timeoutMs: 5_000 });
    const again = await startProgram({ data, practice: true, port: program.port });
    onTestFinished(() => again.stop());
    const page = await visitor.context.newPage();
    keepOnFailure(page, "call-again");
    await openAddress(page, again.address);
    await lookAway(page, true);
    await openSection(page, "Alerts");
    await seen(rowOf(page, "Alerts", /hushed/).first());
    await seen(page.getByText(/^Rules were not watched .*: the console was closed\.$/));
    // Practice containers are others after a restart: those of before are still known by what fired.
    const row = rowOf(page, "Alerts", /elsewhere .*not watched/);
    await seen(row);
    await row.getByRole("button", { name: /^More about/ }).click();
    await seen(page.getByRole("dialog").getByText(/The console was closed/));
    expect(await axeFindings(page)).toEqual([]);
    await page.setViewportSize({ width: 420, height: 800 });
    expect(await sidewaysScroll(page)).toBe(0);
  });
});

describe("a browser that refuses notifications", () => {
  const stage = useStage({
    practice: true,
    pictures: "call-refused",
    visitor: { locale: "ru-RU" },
    async arrange({ visitor }) {
      await visitor.context.addInitScript(inPage);
      await visitor.context.addInitScript(() => {
        Object.defineProperty(Notification, "permission", { get: () => "denied" });
      });
    },
  });

  test("is told on the settings page, and nobody is called", async () => {
    const { page } = stage;
    await page.getByRole("link", { name: "Настройки" }).click();
    const box = page.getByLabel("Показывать уведомление, когда срабатывает тревога");
    await seen(page.getByText("Браузер не разрешает этой странице показывать уведомления"));
    expect([await box.isChecked(), await box.isDisabled()]).toEqual([false, true]);
    expect(await axeFindings(page)).toEqual([]);
    expect(stage.visitor.complaints).toEqual([]);
  });
});
