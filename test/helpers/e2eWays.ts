/** What a person does in the console over and over, by role and name. */
import type { Locator, Page } from "playwright-core";
import { gone, seen } from "./e2e.ts";
import { until } from "./until.ts";

export async function openSection(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name }).click();
  await seen(page.getByRole("heading", { level: 1, name }));
}

export function rowOf(page: Page, table: string, name: string | RegExp): Locator {
  return page.getByRole("table", { name: table, exact: true }).getByRole("row", { name });
}

/** The drawer of a host that is online. */
export async function openHost(page: Page, name: string): Promise<Locator> {
  await openSection(page, "Fleet");
  const row = rowOf(page, "Fleet", new RegExp(name));
  await seen(row.getByText("online"));
  await row.click();
  const drawer = page.getByRole("dialog", { name });
  await seen(drawer);
  return drawer;
}

export async function startPractice(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Try the practice fleet" }).click();
  await seen(rowOf(page, "Fleet", /orion/).getByText("online"));
}

export async function makeVault(page: Page, passphrase: string): Promise<void> {
  await openSection(page, "Secrets");
  await page.getByRole("button", { name: "Create a passphrase vault" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a passphrase vault" });
  await dialog.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await dialog.getByLabel("Passphrase again").fill(passphrase);
  await dialog.getByRole("button", { name: "Create" }).click();
  await gone(dialog);
}

export async function keepForSession(page: Page): Promise<void> {
  await openSection(page, "Secrets");
  await page.getByRole("button", { name: "Keep them for this session only" }).click();
  await gone(page.getByRole("button", { name: "Keep them for this session only" }));
}

export async function putSecret(page: Page, name: string, value: string): Promise<void> {
  await openSection(page, "Secrets");
  await page.getByRole("button", { name: "Put secret" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Put a secret" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Value", { exact: true }).fill(value);
  await dialog.getByRole("button", { name: "Store", exact: true }).click();
  await gone(dialog);
  await seen(rowOf(page, "Secrets", new RegExp(name)));
}

/** A rule for a text in any container's log; waits until it has fired once. */
export async function putRule(page: Page, name: string, text: string): Promise<void> {
  await openSection(page, "Alerts");
  await page.getByRole("tab", { name: "Rules" }).click();
  await page.getByRole("button", { name: "Add a rule" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Add a rule" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Text in the line").fill(text);
  await dialog.getByRole("button", { name: "Add a rule" }).click();
  await gone(dialog);
  await page.getByRole("tab", { name: "Alerts" }).click();
  await seen(rowOf(page, "Alerts", new RegExp(name)).first(), 30_000);
}

/** A tunnel from a port of `host`, which picks it, to `port` here. */
export async function addRemoteTunnel(page: Page, name: string, host: string, port: number): Promise<void> {
  await openSection(page, "Tunnels");
  await page.getByRole("button", { name: "Add tunnel" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Add a tunnel" });
  await dialog.getByText("From the host to here", { exact: true }).click();
  await dialog.getByLabel("Host", { exact: true }).selectOption({ label: host });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Port", { exact: true }).fill(String(port));
  await dialog.getByRole("button", { name: "Add tunnel" }).click();
  await gone(dialog);
  const drawer = page.getByRole("dialog", { name });
  await seen(drawer.getByText("healthy"));
  await closeDrawer(drawer);
}

/** The launch form on the host whose drawer is open, with a template chosen by its title. */
export async function openLaunch(page: Page, drawer: Locator, template: string): Promise<Locator> {
  await drawer.getByRole("button", { name: "Launch" }).click();
  return await chooseTemplate(page, template);
}

export async function chooseTemplate(page: Page, template: string): Promise<Locator> {
  const form = page.getByRole("region", { name: "Launch a container" });
  await form.getByRole("group", { name: "Template" }).getByText(template, { exact: true }).click();
  await until(() => form.getByRole("radio", { name: template }).isChecked(), {
    timeoutMs: 5_000,
    everyMs: 50,
    what: `the template ${template} is chosen`,
  });
  return form;
}

/** Presses Start once the judgement is there, and waits until the launch is over. Returns its last word. */
export async function startAndWatch(page: Page, form: Locator): Promise<"done" | "failed" | "cancelled"> {
  await press(form.getByRole("button", { name: "Start", exact: true }));
  await seen(page.getByRole("list", { name: "Steps" }));
  const over = page.getByRole("button", { name: /^(?:Open container|Change and try again)$/ });
  await seen(over, 60_000);
  if (await page.getByRole("button", { name: "Open container" }).isVisible()) return "done";
  return (await page.getByText("cancelled", { exact: true }).first().isVisible()) ? "cancelled" : "failed";
}

/** Clicks when it can be clicked; a button that stays disabled is told as such. */
export async function press(button: Locator): Promise<void> {
  await until(() => button.isEnabled(), { timeoutMs: 20_000, everyMs: 50, what: `${button} can be pressed` });
  await button.click();
}

/** The page's text and everything that lies in its fields: all that a person or a script could read from it. */
export async function everythingOn(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const fields = [...document.querySelectorAll<HTMLInputElement>("input, textarea, select")];
    return [document.documentElement.outerHTML, ...fields.map((field) => field.value)].join("\n");
  });
}

/** Opens a part of a form that folds. */
export async function unfold(form: Locator, title: string): Promise<void> {
  await form.getByText(title, { exact: true }).first().click();
}

/** Presses a failure button of a practice host, and waits until it says that it is on, or off. */
export async function setFault(drawer: Locator, name: string, on: boolean): Promise<void> {
  const buttons = drawer.getByRole("region", { name: "Failure buttons" });
  await buttons.getByRole("button", { name, pressed: !on }).click();
  await seen(buttons.getByRole("button", { name, pressed: on }));
}

export async function closeDrawer(drawer: Locator): Promise<void> {
  await drawer.getByRole("button", { name: "Close", exact: true }).click();
  await gone(drawer);
}
