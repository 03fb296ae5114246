/** Alerts in a person's browser, on the practice fleet: a rule is made, fires by itself, is noted, and leads to the log. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { gone, seen } from "../helpers/e2e.ts";
import { axeFindings } from "../helpers/e2eLook.ts";
import { useStage } from "../helpers/e2eStage.ts";
import { openSection, rowOf } from "../helpers/e2eWays.ts";

describe("alerts", () => {
  let page: Page;
  const stage = useStage({
    practice: true,
    pictures: "alert",
    enter: (made) => {
      page = made.page;
    },
  });

  async function openRules(): Promise<void> {
    await openSection(page, "Alerts");
    await page.getByRole("tab", { name: "Rules" }).click();
  }

  test("a rule says what is wrong with it: an expression that can't be run in linear time", async () => {
    await openRules();
    await page.getByRole("button", { name: "Add a rule" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Add a rule" });
    await dialog.getByRole("button", { name: "Add a rule" }).click();
    await seen(dialog.getByText("This is needed"));
    await seen(dialog.getByText("Give a text, an expression or a level"));
    await dialog.getByLabel("Name", { exact: true }).fill("health");
    await dialog.getByLabel("Regular expression").fill("(?<=GET )/health");
    await dialog.getByRole("button", { name: "Add a rule" }).click();
    await seen(dialog.getByRole("alert"));
    expect(await axeFindings(page)).toEqual([]);
    await dialog.getByLabel("Regular expression").fill("GET.*/health");
    await dialog.getByRole("button", { name: "Add a rule" }).click();
    await gone(dialog);
    await seen(rowOf(page, "Rules", /health/));
  });

  test("it fires by itself: the side bar counts it, taking note empties the count", async () => {
    await openSection(page, "Alerts");
    const alert = rowOf(page, "Alerts", /health/);
    await seen(alert.getByText("firing"), 30_000);
    await seen(alert.getByText("simulated"));
    await seen(page.getByRole("navigation").getByTitle("1 firing"));
    expect(await axeFindings(page)).toEqual([]);
    await alert.getByRole("button", { name: "Take note of the alert about health" }).click();
    await seen(alert.getByText("noted"));
    await gone(page.getByRole("navigation").getByTitle("1 firing"));
  });

  test("it leads to its log; a rule that is removed says no more", async () => {
    await rowOf(page, "Alerts", /health/)
      .getByText("health", { exact: true })
      .click();
    await seen(page.getByRole("heading", { level: 1, name: "Logs" }));
    await seen(page.getByText(/GET \/health/).first());
    await openRules();
    await rowOf(page, "Rules", /health/)
      .getByRole("button", { name: "Remove the rule health" })
      .click();
    await page.getByRole("dialog", { name: "Remove this rule?" }).getByRole("button", { name: "Remove" }).click();
    await seen(page.getByText("No rules yet"));
    await page.getByRole("tab", { name: "Alerts" }).click();
    await seen(rowOf(page, "Alerts", /health/).getByText("over"));
    expect(stage.visitor.complaints).toEqual([]);
  });
});
