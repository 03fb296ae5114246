/** The nine steps of a newcomer, as a person does them, in whatever window the console is shown. */
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { gone, seen, shown, step, textOf } from "./e2e.ts";
import {
  everythingOn,
  makeVault,
  openHost,
  openLaunch,
  openSection,
  press,
  putSecret,
  rowOf,
  startAndWatch,
  startPractice,
  unfold,
} from "./e2eWays.ts";
import { tracesIn } from "./traces.ts";
import { until } from "./until.ts";

const mask = "HF_TOKEN=********";

/** From the welcome screen to the audit. Leaves the practice fleet running and no container of its own. */
export async function doFirstHour(page: Page, secret: string): Promise<void> {
  await step("welcome and practice fleet", async () => {
    await seen(page.getByRole("heading", { level: 1, name: /GPU hosts/ }));
    await seen(page.getByRole("button", { name: "Add host" }));
    await startPractice(page);
    for (const name of ["orion", "vega"]) await seen(rowOf(page, "Fleet", new RegExp(name)).getByText("simulated"));
  });
  await step("a host, its GPUs live, its engine", () => lookAtHost(page));
  await step("a passphrase vault", () => makeVault(page, "correct horse battery"));
  await step("a secret, written only", async () => {
    await putSecret(page, "HF_TOKEN", secret);
    expect(tracesIn(await everythingOn(page), secret)).toEqual([]);
  });
  const form = await step("the launch form: findings come and go", () => fillForm(page));
  await step("the launch, step by step", () => launch(page, form));
  await step("the container and its proof", () => lookAtContainer(page));
  await step("the secret says who holds it", async () => {
    await openSection(page, "Secrets");
    await textOf(rowOf(page, "Secrets", /HF_TOKEN/), (text) => text.includes("first-hour"));
    await openSection(page, "Containers");
    await rowOf(page, "Containers", /first-hour/).click();
  });
  await step("its log, live and masked", () => readLog(page, secret));
  await step("a question to the model", () => ask(page));
  await step("stop and remove", () => stopAndRemove(page, "first-hour"));
  await step("a container that prints its secret on purpose", () => meetLeak(page, secret));
  await step("the audit", () => readAudit(page));
  expect(tracesIn(await everythingOn(page), secret)).toEqual([]);
}

async function lookAtHost(page: Page): Promise<void> {
  const drawer = await openHost(page, "orion");
  const gpu = drawer.getByRole("article", { name: "GPU 0" });
  await seen(gpu.getByText(/NVIDIA H100/));
  await seen(gpu.getByText(/°C/));
  const first = await textOf(gpu, (text) => /\d %|\d%/.test(text));
  await textOf(gpu, (text) => text !== first);
  await seen(drawer.getByRole("article", { name: "GPU 1" }));
  await seen(drawer.getByText(/^Docker \d+\.\d+\.\d+.* \(API \d+\.\d+\)$/));
  await seen(drawer.getByText("/var/run/docker.sock"));
  await seen(drawer.getByText(/free of/));
  await drawer.getByRole("button", { name: "Close" }).click();
  await gone(drawer);
}

async function fillForm(page: Page): Promise<Locator> {
  const form = await openLaunch(page, await openHost(page, "orion"), "Chat, echo");
  await form.getByLabel("Name", { exact: true }).first().fill("first-hour");
  const free = form.getByRole("checkbox", { name: /H100.*free/ }).first();
  await free.check();
  await form.getByRole("checkbox", { name: /HF_TOKEN/ }).check();
  const judgement = form.getByRole("complementary", { name: "Hardening and command" });
  const start = form.getByRole("button", { name: "Start", exact: true });
  await until(() => start.isEnabled(), { timeoutMs: 10_000, everyMs: 50, what: "Start can be pressed" });

  await unfold(form, "Network");
  await form.getByRole("combobox", { name: "Network" }).selectOption({ label: "the host’s own" });
  await seen(judgement.getByText("Must not start like this"));
  await seen(judgement.getByText("Not in the host’s network"));
  expect(await start.isDisabled()).toBe(true);
  await form.getByRole("combobox", { name: "Network" }).selectOption({ label: "bridge: reaches out through the host" });
  const ports = form.getByRole("group", { name: "Published ports" });
  await ports.getByRole("button", { name: "Add" }).click();
  await ports.getByLabel("Address").fill("0.0.0.0");
  await seen(judgement.getByText(/can be reached from outside the host: 0\.0\.0\.0/));
  expect(await start.isDisabled()).toBe(true);
  await ports.getByRole("button", { name: "Remove" }).click();
  await form
    .getByRole("combobox", { name: "Network" })
    .selectOption({ label: "isolated: reached through the tunnel alone" });
  await gone(judgement.getByText(/can be reached from outside/));
  await gone(judgement.getByText("Must not start like this"));

  const command = judgement.getByRole("region", { name: "Equivalent command" });
  await textOf(
    command,
    (text) => text.includes("docker run") && text.includes("--cap-drop") && text.includes("HF_TOKEN"),
  );
  return form;
}

async function launch(page: Page, form: Locator): Promise<void> {
  expect(await startAndWatch(page, form)).toBe("done");
  const steps = page.getByRole("list", { name: "Steps" }).getByRole("listitem");
  const lines = (await steps.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
  expect(lines).toHaveLength(10);
  // What goes into memory is given together with the model: that step has no time of its own.
  for (const line of lines) expect(line).toMatch(/ done \d+([.,]\d+)?\s?(ms|s)$|in memory, with the model/);
  await seen(page.getByText("0 traces: no secret shows anywhere"));
}

async function lookAtContainer(page: Page): Promise<void> {
  await openSection(page, "Containers");
  const row = rowOf(page, "Containers", /first-hour/);
  await seen(row);
  const text = (await shown(row)).replaceAll(/\s+/g, " ");
  expect(text).toContain("running");
  expect(text).toContain("orion");
  expect(text).toContain("H100");
  expect(text).toContain("HF_TOKEN");
  expect(text).toContain("0 traces");
  await seen(row.getByRole("img", { name: /Hardening score \d+ of 100/ }));
  await row.click();
  const drawer = page.getByRole("dialog", { name: "first-hour" });
  await drawer.getByRole("tab", { name: "Secrets & proof" }).click();
  await seen(drawer.getByText("0 traces: no secret shows anywhere"));
  const places = drawer.getByRole("table", { name: "Places that were searched" });
  for (const place of [
    "Engine’s inspect",
    "Environment of the processes",
    "Command lines",
    "Image history",
    "Labels",
    "Log",
  ]) {
    const result = await shown(places.getByRole("row", { name: place }));
    expect(result).toContain("no trace");
  }
}

async function readLog(page: Page, secret: string): Promise<void> {
  const drawer = page.getByRole("dialog", { name: "first-hour" });
  await drawer.getByRole("tab", { name: "Logs" }).click();
  const log = drawer.getByRole("log", { name: "Log of first-hour" });
  await seen(log);
  await seen(drawer.getByText("live", { exact: true }));
  await until(async () => (await shown(log)).includes(mask), {
    timeoutMs: 20_000,
    everyMs: 100,
    what: `the log shows ${mask}`,
  });
  expect(tracesIn(await shown(log), secret)).toEqual([]);

  // A small window, so that the few lines are more than it shows.
  const size = page.viewportSize();
  await page.setViewportSize({ width: 1_100, height: 380 });
  await log.hover();
  await until(
    async () => {
      await page.mouse.wheel(0, -400);
      return await drawer.getByRole("button", { name: /^Jump to live/ }).isVisible();
    },
    { timeoutMs: 30_000, everyMs: 200, what: "Jump to live is offered after scrolling up" },
  );
  await drawer.getByRole("button", { name: /^Jump to live/ }).click();
  await gone(drawer.getByRole("button", { name: /^Jump to live/ }));
  if (size !== null) await page.setViewportSize(size);
}

async function ask(page: Page): Promise<void> {
  const drawer = page.getByRole("dialog", { name: "first-hour" });
  await drawer.getByRole("tab", { name: "Ask" }).click();
  await drawer.getByLabel("Message").fill("Is anybody in the gatehouse?");
  await drawer.getByRole("button", { name: "Send" }).click();
  await seen(drawer.getByText(/answered in \d/));
  const answers = await drawer.getByRole("article").allInnerTexts();
  expect(answers.join("\n")).toMatch(/echo/i);
}

async function stopAndRemove(page: Page, name: string): Promise<void> {
  const drawer = page.getByRole("dialog", { name });
  await drawer.getByRole("button", { name: "Stop" }).click();
  await seen(drawer.getByText("stopped", { exact: true }), 30_000);
  await drawer.getByRole("button", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog", { name: "Remove a container" });
  const remove = dialog.getByRole("button", { name: "Remove", exact: true });
  await dialog.getByLabel(/^Type/).fill(name.slice(0, -1));
  expect(await remove.isDisabled()).toBe(true);
  await dialog.getByLabel(/^Type/).fill(name);
  await press(remove);
  await gone(dialog);
  await gone(rowOf(page, "Containers", new RegExp(name)));
}

/** The proof tells of the traces in the log on the host; the console itself shows none of them. */
async function meetLeak(page: Page, secret: string): Promise<void> {
  const form = await openLaunch(page, await openHost(page, "orion"), "Chat with a leak");
  await form.getByLabel("Name", { exact: true }).first().fill("leak");
  expect(await form.getByRole("checkbox", { name: /HF_TOKEN/ }).isChecked()).toBe(true);
  expect(await startAndWatch(page, form)).toBe("done");
  await seen(page.getByText(/^\d traces found$/));
  await page.getByRole("button", { name: "Open log" }).click();
  const log = page.getByRole("log", { name: "Log of leak" });
  const lines = await textOf(log, (text) => text.includes("HF_TOKEN in base64: [secret:HF_TOKEN]"));
  expect(lines).toContain(mask);
  await seen(page.getByText(/^masked: .*HF_TOKEN \d/));
  expect(tracesIn(await everythingOn(page), secret)).toEqual([]);
  await openSection(page, "Containers");
  await rowOf(page, "Containers", /leak/).click();
  await stopAndRemove(page, "leak");
}

async function readAudit(page: Page): Promise<void> {
  await openSection(page, "Audit");
  const table = page.getByRole("table", { name: "Audit" });
  for (const action of [
    "Start the practice fleet",
    "Open the passphrase vault",
    "Put a secret",
    "Launch a container",
    "Ask a chat model",
    "Stop a container",
    "Remove a container",
  ]) {
    await seen(table.getByRole("row", { name: action }));
  }
  const row = table.getByRole("row", { name: /Remove a container.*success/ }).first();
  await row.click();
  const drawer = page.getByRole("dialog", { name: "Remove a container" });
  await textOf(drawer.getByRole("region", { name: "Exact operation" }), (text) => text.includes("containers.remove"));
  await page.keyboard.press("Escape");
  await gone(drawer);
  await page.getByRole("button", { name: "Verify" }).click();
  await seen(page.getByText(/^The chain is whole: \d/));
}
