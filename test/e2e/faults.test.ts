/** The failure buttons of the practice fleet: what a person is told when something breaks, and that it mends. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { gone, seen, shown, textOf } from "../helpers/e2e.ts";
import { useStage } from "../helpers/e2eStage.ts";
import {
  closeDrawer,
  keepForSession,
  openHost,
  openLaunch,
  openSection,
  press,
  putSecret,
  rowOf,
  setFault,
  startAndWatch,
} from "../helpers/e2eWays.ts";

describe("when something breaks", () => {
  let page: Page;
  const stage = useStage({
    practice: true,
    pictures: "fault",
    async enter(made) {
      page = made.page;
      await keepForSession(page);
      await putSecret(page, "HF_TOKEN", "hf_for-a-launch-that-fails");
    },
  });

  test("the connection drops: the word, the reason and the hint; other hosts go on; it comes back", async () => {
    const drawer = await openHost(page, "orion");
    await setFault(drawer, "Cut the connection", true);
    await seen(drawer.getByText(/^(?:reconnecting|offline)$/));
    await seen(drawer.getByRole("alert").getByText(/HOST_|CHANNEL_/));
    await seen(rowOf(page, "Fleet", /vega/).getByText("online"));
    const row = await textOf(rowOf(page, "Fleet", /orion/), (text) => !/online/.test(text));
    expect(row).toMatch(/reconnecting|offline/);
    await setFault(drawer, "Cut the connection", false);
    await seen(drawer.getByText("online", { exact: true }), 60_000);
    await gone(drawer.getByRole("alert"));
    await closeDrawer(drawer);
  });

  test("the host key changes: both fingerprints, nothing sent, and accepted by typing alone", async () => {
    const drawer = await openHost(page, "orion");
    await setFault(drawer, "Change the host key", true);
    await drawer.getByRole("button", { name: "Disconnect" }).click();
    await drawer.getByRole("button", { name: "Connect", exact: true }).click();
    const incident = drawer.getByRole("region", { name: "The host key has changed" });
    await seen(incident);
    const prints = [...(await shown(incident)).matchAll(/SHA256:[A-Za-z0-9+/]{43}/g)].map(([print]) => print);
    expect(new Set(prints).size).toBe(2);
    const [expected, presented] = prints;
    const accept = incident.getByRole("button", { name: "Accept the new key" });
    const typed = incident.getByLabel("Type or paste the new fingerprint");
    expect(await accept.isDisabled()).toBe(true);
    await incident.getByLabel("Reason").fill("set up anew, ticket 4711");
    await typed.fill(expected ?? "");
    expect(await accept.isDisabled()).toBe(true);
    await typed.fill(presented ?? "");
    await press(accept);
    await gone(incident);
    await seen(drawer.getByText(presented ?? "").first());
    await seen(drawer.getByText("online", { exact: true }), 60_000);
    await closeDrawer(drawer);
    await openSection(page, "Audit");
    await seen(rowOf(page, "Audit", /Accept a host key.*success/));
  });

  test.each([
    { button: "Server answers 500", host: "orion", what: /The model server failed/, hint: "Its last lines" },
    { button: "Fill the disk", host: "orion", what: /disk/i, hint: "" },
  ])("$button: the launch says what and what to do, and everything is undone", async ({ button, host, what, hint }) => {
    const drawer = await openHost(page, host);
    await setFault(drawer, button, true);
    const form = await openLaunch(page, drawer, "Chat, echo");
    await form.getByLabel("Name", { exact: true }).first().fill("doomed");
    expect(await startAndWatch(page, form)).toBe("failed");
    const alert = page.getByRole("main").getByRole("alert").first();
    const text = await textOf(alert, (words) => what.test(words));
    expect(text).toContain(hint);
    expect(text).toMatch(/[A-Z]+_[A-Z_]+/);
    await seen(page.getByText("Everything was undone: the host is as it was."));
    const steps = page.getByRole("list", { name: "Steps" });
    await seen(steps.getByText("failed", { exact: true }));
    await seen(steps.getByText("undone", { exact: true }));
    await openSection(page, "Containers");
    await seen(rowOf(page, "Containers", /embedder/));
    expect(await rowOf(page, "Containers", /doomed/).count()).toBe(0);
    await openSection(page, "Audit");
    await seen(rowOf(page, "Audit", /container:orion\/doomed.*failure/));
    const again = await openHost(page, host);
    await setFault(again, button, false);
    await closeDrawer(again);
  });

  test("nothing was complained of", () => {
    expect(stage.visitor.complaints).toEqual([]);
  });
});
