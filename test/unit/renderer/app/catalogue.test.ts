import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { contract, errorCodes } from "../../../../electron/contract/index.ts";
import { rules } from "../../../../electron/core/hardening/index.ts";
import { en, type MessageId } from "../../../../renderer/app/i18n/en.ts";
import { createText, type Language } from "../../../../renderer/app/i18n/index.tsx";
import { ru } from "../../../../renderer/app/i18n/ru.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const catalogues: readonly (readonly [Language, Record<string, string>])[] = [
  ["en", en],
  ["ru", ru],
];

/** Names in braces, wherever they stand, with what is done with them: `count:plural`. Words of a branch are none. */
function placeholders(message: string): string[] {
  const found = [...message.matchAll(/\{(\w+)(?:\}|,\s*(\w+))/g)].map(([, name, kind]) => `${name}:${kind ?? ""}`);
  return [...new Set(found.filter((entry) => !/^\d/.test(entry)))].sort();
}

test("both catalogues have the same ids", () => {
  expect(Object.keys(ru).sort()).toEqual(Object.keys(en).sort());
});

test("a text has the same placeholders in both languages", () => {
  const differing = (Object.keys(en) as MessageId[]).filter(
    (id) => JSON.stringify(placeholders(en[id])) !== JSON.stringify(placeholders(ru[id])),
  );
  expect(differing).toEqual([]);
});

test("the comparison of placeholders sees a difference", () => {
  expect(placeholders("{a} of {b, plural, one {# host} other {# hosts}}")).toEqual(["a:", "b:plural"]);
  expect(placeholders("{a, select, x {some words} other {}}")).toEqual(["a:select"]);
  expect(placeholders("{a} of {c}")).not.toEqual(placeholders("{a} of {b}"));
});

describe.each(catalogues)("%s", (language, catalogue) => {
  test("every text can be formatted, with each count that a plural distinguishes", () => {
    const gaps: string[] = [];
    const text = createText(language, catalogue as typeof en, (gap) => gaps.push(gap));
    for (const id of Object.keys(catalogue)) {
      for (const count of [0, 1, 2, 5, 21]) {
        const values = Object.fromEntries(
          placeholders(catalogue[id] ?? "").map((entry) => [entry.split(":")[0], count]),
        );
        expect(text.maybe(id, values), id).not.toMatch(/[{}]/);
      }
    }
    expect(gaps).toEqual([]);
  });

  test("every error code has a text and a hint", () => {
    const wanted = errorCodes.flatMap((code) => [`error.${code}`, `error.${code}.hint`]);
    expect(wanted.filter((id) => !Object.hasOwn(catalogue, id))).toEqual([]);
  });

  test("every hardening rule has a title, a reason and a remedy", () => {
    const wanted = rules.flatMap(({ id }) => ["title", "why", "fix"].map((part) => `rule.${id}.${part}`));
    expect(wanted.filter((id) => !Object.hasOwn(catalogue, id))).toEqual([]);
  });

  test("every template that comes with the program has a name and a text", () => {
    const ids = readdirSync(join(root, "assets/templates")).map((file) => file.replace(/\.json$/, ""));
    const wanted = ids.flatMap((id) => [`template.${id}`, `template.${id}.text`]);
    expect(wanted.filter((id) => !Object.hasOwn(catalogue, id))).toEqual([]);
  });

  test("every audited action has a name", () => {
    const actions = Object.values(contract)
      .flatMap((domain) => Object.values(domain))
      .flatMap((procedure) => procedure["~orpc"].meta.action ?? []);
    expect(actions.length).toBeGreaterThan(20);
    expect([...new Set(actions)].filter((action) => !Object.hasOwn(catalogue, `action.${action}`))).toEqual([]);
  });
});

test("every text is used, and every text that is used is there", () => {
  const source = sources(join(root, "renderer")).join("\n");
  const literal = new Set([...source.matchAll(/["'`]([a-z]\w*(?:\.[\w-]+)+)["'`]/gi)].map(([, id]) => id));
  const dynamic = [...source.matchAll(/`([a-z]+(?:\.[\w-]+)*\.?)\$\{[^}]+\}([\w.-]*)(?:\$\{[^}]+\})?`/gi)].map(
    ([, before = "", after = ""]) =>
      new RegExp(`^${before.replaceAll(".", "\\.")}[\\w.-]+${after.replaceAll(".", "\\.")}`),
  );
  const unused = Object.keys(en).filter((id) => !literal.has(id) && !dynamic.some((shape) => shape.test(id)));
  expect(unused).toEqual([]);
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/i18n[\\/](?:en|ru)/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

describe("words of an error", () => {
  const english = createText("en", en);
  test.each([
    [
      "all details",
      { code: "HOST_UNREACHABLE", details: { address: "10.0.0.1", reason: "EHOSTUNREACH" } },
      "10.0.0.1 cannot be reached (EHOSTUNREACH).",
    ],
    ["a reason that is not there is left out", { code: "HOST_OFFLINE", details: {} }, "The host is not connected."],
    ["a name that is not there is a dash", { code: "HOST_UNREACHABLE", details: {} }, "— cannot be reached."],
    ["a code that nobody knows", { code: "NO_SUCH_CODE", details: {} }, en["error.INTERNAL"]],
    [
      "braces in a detail are text",
      { code: "ENGINE_ERROR", details: { message: "bad {name}" } },
      "The engine answered with an error: bad {name}",
    ],
  ])("%s", (_name, problem, what) => {
    expect(english.problem(problem).what).toBe(what);
  });
});

describe("Russian plurals", () => {
  const russian = createText("ru", ru);
  test.each([
    [1, "0 из 1 хоста на связи"],
    [3, "0 из 3 хостов на связи"],
    [5, "0 из 5 хостов на связи"],
    [21, "0 из 21 хоста на связи"],
  ])("%i", (total, words) => {
    expect(russian.t("status.hosts", { online: 0, total })).toBe(words);
  });
  test.each([
    [1, "1 след"],
    [2, "2 следа"],
    [5, "5 следов"],
    [11, "11 следов"],
  ])("%i traces", (count, words) => {
    expect(russian.t("proof.traces", { count })).toBe(words);
  });
});
