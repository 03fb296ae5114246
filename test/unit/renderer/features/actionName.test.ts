import { expect, test } from "vitest";
import { en } from "../../../../renderer/app/i18n/en.ts";
import { createText } from "../../../../renderer/app/i18n/index.tsx";
import { actionName } from "../../../../renderer/features/audit/actionName.ts";

test.each([
  ["container.launch", "Launch a container"],
  ["container.launch.create", "Launch: Create the container"],
  ["container.launch.undo.create", "Undo: Create the container"],
  ["container.reinject.inject", "Again: Inject secrets"],
  ["container.launch.nothing", "container.launch.nothing"],
  ["something.else", "something.else"],
])("%s", (action, words) => {
  expect(actionName(createText("en", en), action)).toBe(words);
});
