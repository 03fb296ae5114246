import { expect, test } from "vitest";
import { en } from "../../../../renderer/app/i18n/en.ts";
import { createText } from "../../../../renderer/app/i18n/index.tsx";
import { ru } from "../../../../renderer/app/i18n/ru.ts";

const english = createText("en", en).fmt;
const russian = createText("ru", ru).fmt;
/** Spaces of all kinds are one here: which of them is used is the language's own business. */
const plain = (text: string) => text.replace(/[\u00a0\u202f\u2009]/g, " ");

test.each([
  [0.31, "0.3ms", "0,3 мс"],
  [412, "412ms", "412 мс"],
  [1240, "1.2s", "1,2 с"],
  [59_999, "59s", "59 с"],
  [3 * 60_000, "3m", "3 мин"],
  [5 * 3_600_000, "5h", "5 ч"],
  [40 * 86_400_000, "40d", "40 д."],
])("a length of %d ms", (ms, en, ru) => {
  expect([plain(english.duration(ms)), plain(russian.duration(ms))]).toEqual([
    en,
    expect.stringContaining(ru.replace(".", "")),
  ]);
});

test.each([
  [30_000, /12:00:00 ?– ?12:00:30/],
  [3_600_000, /12:00 ?– ?13:00$/],
  [86_400_000, /^1 Mar 2026, 12:00 ?– ?2 Mar 2026, 12:00$/],
])("a stretch of %d ms says once what both ends share", (ms, words) => {
  const from = new Date(2026, 2, 1, 12).getTime();
  expect(plain(english.range(from, from + ms))).toMatch(words);
  expect(plain(russian.range(from, from + ms))).toContain("2026");
});

test.each([
  [0, "0 B"],
  [1023, "1,023 B"],
  [1024, "1 KiB"],
  [1536, "1.5 KiB"],
  [512 * 2 ** 30, "512 GiB"],
  [1.8 * 2 ** 40, "1.8 TiB"],
])("%d bytes", (bytes, words) => {
  expect(plain(english.bytes(bytes))).toBe(words);
});

test.each([
  [118_000, "1:58"],
  [60_000, "1:00"],
  [900, "0:01"],
  [-5, "0:00"],
])("what is left of %d ms", (ms, words) => {
  expect(english.countdown(ms)).toBe(words);
});

test.each([
  [0, "0", "0"],
  [999, "999", "999"],
  [1240, "1.2K", "1,2 тыс."],
  [48_600, "49K", "49 тыс."],
  [3_200_000, "3M", "3 млн"],
])("a count of %d in short", (value, en, ru) => {
  expect([plain(english.short(value)).toUpperCase(), plain(russian.short(value))]).toEqual([en, ru]);
});
