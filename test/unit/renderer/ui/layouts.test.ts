import { expect, test } from "vitest";
import { matcher } from "../../../../renderer/ui/layouts.ts";

test.each([
  ["as written", "orion", ["orion", "10.0.0.1"], true],
  ["a part of it", "rio", ["orion"], true],
  ["any case", "ORION", ["Orion"], true],
  ["typed with the Russian layout on", "щкшщт", ["orion"], true],
  ["a Russian word typed with the English layout on", "rjynfrn", ["Контакт"], true],
  ["words in any order and place", "gpu orion", ["orion", "2 GPU"], true],
  ["one word in either layout", "orion гпг", ["orion", "ugu"], true],
  ["all words must be found", "orion vega", ["orion"], false],
  ["nothing typed fits all", "   ", ["orion"], true],
  ["another name", "vega", ["orion"], false],
  ["what is not there is passed over", "orion", [null, undefined, "orion"], true],
  ["signs of an expression are letters", "(.*", ["orion"], false],
])("%s", (_name, query, texts, fits) => {
  expect(matcher(query)(...texts)).toBe(fits);
});
