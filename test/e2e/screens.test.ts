/** Every screen and the main dialogs in four looks: accessible, in one language, inside the window, without a complaint. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { sections } from "../../renderer/app/sections.ts";
import { whyNoBrowser } from "../helpers/browser.ts";
import { openVisitor, seen } from "../helpers/e2e.ts";
import { axeFindings, keepPicture, type Language, sidewaysScroll, wordsIn, wrongWords } from "../helpers/e2eLook.ts";
import { useStage } from "../helpers/e2eStage.ts";
import { firstStops, type Guide, type Stop, section, stops, wrongStops } from "../helpers/e2eTour.ts";
import {
  addRemoteTunnel,
  closeDrawer,
  keepForSession,
  openHost,
  openLaunch,
  putRule,
  putSecret,
  setFault,
  startAndWatch,
  startPractice,
} from "../helpers/e2eWays.ts";

const missing = whyNoBrowser();

const wide = { width: 1_440, height: 900 };
const looks = [
  { name: "dark", language: "en", theme: "dark", size: wide },
  { name: "light", language: "en", theme: "light", size: wide },
  { name: "russian", language: "ru", theme: "dark", size: wide },
  { name: "narrow", language: "en", theme: "dark", size: { width: 760, height: 900 } },
] as const;
type Look = (typeof looks)[number];

describe("screens", () => {
  let page: Page;
  let language: Language = "en";
  const stage = useStage({
    pictures: "screens",
    visitor: { viewport: wide },
    async enter(made) {
      page = made.page;
      await seen(page.getByRole("heading", { level: 1, name: /GPU hosts/ }));
    },
  });

  async function wear(look: Look): Promise<Guide> {
    await page.setViewportSize(wide);
    await page.emulateMedia({ colorScheme: look.theme, reducedMotion: "reduce" });
    if (language !== look.language) {
      await section({ page, w: wordsIn(language) }, "section.settings");
      const name = look.language === "ru" ? "Русский" : "English";
      await page.getByRole("radio", { name }).click();
      await seen(page.getByRole("radio", { name, checked: true }));
      language = look.language;
    }
    await page.setViewportSize(look.size);
    return { page, w: wordsIn(language) };
  }

  async function tour(look: Look, way: readonly Stop[]): Promise<string[]> {
    const guide = await wear(look);
    const wrong: string[] = [];
    for (const stop of way) {
      await stop.open(guide);
      await keepPicture(page, look.name, stop.name);
      const [axe, words, wider] = [
        await axeFindings(page),
        await wrongWords(page, language),
        await sidewaysScroll(page),
      ];
      wrong.push(...axe.map((what) => `${stop.name}: ${what}`));
      wrong.push(...words.map((what) => `${stop.name}: wrong words: ${what}`));
      if (wider > 0) wrong.push(`${stop.name}: ${wider} px wider than the window`);
      await stop.leave?.(guide);
    }
    return wrong;
  }

  describe("before there is a host", () => {
    test.each(looks)("$name", async (look) => {
      const guide = await wear(look);
      await page.keyboard.press("Control+Digit1");
      await seen(page.getByRole("button", { name: guide.w("practice.try") }));
      expect(await tour(look, firstStops)).toEqual([]);
    });
  });

  describe("with hosts, a secret and a container", () => {
    beforeAll(async () => {
      if (missing !== null) return;
      await wear(looks[0]);
      await page.keyboard.press("Control+Digit1");
      await startPractice(page);
      await keepForSession(page);
      await putSecret(page, "HF_TOKEN", "hf_a-value-for-pictures-only");
      const form = await openLaunch(page, await openHost(page, "orion"), "Chat, echo");
      await form.getByLabel("Name", { exact: true }).first().fill("look-at-me");
      await form
        .getByRole("checkbox", { name: /H100.*free/ })
        .first()
        .check();
      expect(await startAndWatch(page, form)).toBe("done");
      await putRule(page, "health", "/health");
      // Our own door answers over HTTP, as good a service as any.
      await addRemoteTunnel(page, "to-here", "orion", Number(new URL(stage.program.address).port));
    });

    test("there is a stop for each section", () => {
      const names = new Set(stops.map(({ name }) => name));
      expect(sections.map(({ id }) => id).filter((id) => !names.has(id))).toEqual([]);
    });

    test.each(looks)("$name", { timeout: 180_000 }, async (look) => {
      expect(await tour(look, stops)).toEqual([]);
    });
  });

  describe("with things gone wrong", () => {
    beforeAll(async () => {
      if (missing !== null) return;
      await wear(looks[0]);
      const vega = await openHost(page, "vega");
      await setFault(vega, "Change the host key", true);
      await vega.getByRole("button", { name: "Disconnect" }).click();
      await vega.getByRole("button", { name: "Connect", exact: true }).click();
      await seen(vega.getByRole("region", { name: "The host key has changed" }));
      await closeDrawer(vega);
      const orion = await openHost(page, "orion");
      await setFault(orion, "Server answers 500", true);
      const form = await openLaunch(page, orion, "Chat, echo");
      await form.getByLabel("Name", { exact: true }).first().fill("doomed");
      expect(await startAndWatch(page, form)).toBe("failed");
    });

    test.each(looks)("$name", async (look) => {
      expect(await tour(look, wrongStops)).toEqual([]);
    });
  });

  test("no console error and no violation of the content policy, all the way", () => {
    expect(stage.visitor.complaints).toEqual([]);
  });

  test("the searches find what they look for", async () => {
    const { page: bad, close } = await openVisitor(stage.browser);
    await bad.setContent('<html lang="en"><title>x</title><main><h1>x</h1><button></button><p>app.skip</p></main>');
    expect((await axeFindings(bad)).map((finding) => finding.split(" ")[0])).toEqual(["button-name"]);
    expect(await wrongWords(bad, "en")).toEqual(["app.skip"]);
    await bad.setContent('<div style="width: 3000px">wide</div>');
    expect(await sidewaysScroll(bad)).toBeGreaterThan(1_000);
    await close();
  });

  test("the Russian catalogue is not the English one", () => {
    const [english, russian] = [wordsIn("en"), wordsIn("ru")];
    expect(russian("section.fleet")).not.toBe(english("section.fleet"));
  });
});
