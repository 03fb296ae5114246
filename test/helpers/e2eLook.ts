/** What a screen must hold to whatever it shows: reachable, readable, in one language, inside its window. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { en } from "../../renderer/app/i18n/en.ts";
import { ru } from "../../renderer/app/i18n/ru.ts";
import { artifacts } from "./e2e.ts";

export type Language = "en" | "ru";
const catalogues: Record<Language, Readonly<Record<string, string>>> = { en, ru };

/** The words of the page for a person who reads that language, as an accessible name. */
export function wordsIn(language: Language): (id: keyof typeof en) => string {
  return (id) => catalogues[language][id] ?? id;
}

/** A text with places to fill in, as a pattern of what the page shows. */
export function patternOf(text: string): RegExp {
  const parts = text.split(/\{[^{}]*\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}$`);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeFound {
  id: string;
  impact: string | null;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/** axe-core's serious and critical findings: rule, place, and what it wants. */
export async function axeFindings(page: Page): Promise<string[]> {
  // As the inspector does it: the page's policy would refuse a script tag, and must not be opened for a test.
  await page.evaluate(axe);
  const found: AxeFound[] = await page.evaluate(async () => {
    const { axe: runner } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: AxeFound[] }> };
    };
    return (await runner.run({ preload: false, resultTypes: ["violations"] })).violations;
  });
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${oneLine(failureSummary ?? "")}`),
    );
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 200);

/** How many pixels the page, or anything in it that clips nothing, is wider than its window; 0 is what one hopes for. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => {
    const root = document.scrollingElement ?? document.documentElement;
    return Math.max(root.scrollWidth, document.body.scrollWidth) - root.clientWidth;
  });
}

/** Texts and names that a page in this language must not hold: ids of messages, and the other language's words. */
export async function wrongWords(page: Page, language: Language): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) found.push(node.textContent ?? "");
    for (const element of document.querySelectorAll("*"))
      for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        const value = element.getAttribute(name);
        if (value !== null) found.push(value);
      }
    return found.map((text) => text.trim()).filter((text) => text !== "");
  });
  const foreign = foreignWords(language);
  return [...new Set(texts.filter((text) => Object.hasOwn(en, text) || (foreign.has(text) && !identifiers.has(text))))];
}

/** Data that happens to be a word: the audit's name of the thing that was acted on. */
const identifiers = new Set(["keychain"]);

/** Whole texts of the other catalogue that this language says differently. */
function foreignWords(language: Language): Set<string> {
  const other: Language = language === "en" ? "ru" : "en";
  const own = new Set(Object.values(catalogues[language]));
  return new Set(Object.values(catalogues[other]).filter((text) => !own.has(text)));
}

export async function keepPicture(page: Page, variant: string, name: string): Promise<void> {
  const folder = join(artifacts, "screens", variant);
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
}
