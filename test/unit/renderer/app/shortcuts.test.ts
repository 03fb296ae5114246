import { expect, test } from "vitest";
import { sections } from "../../../../renderer/app/sections.ts";
import { commandOf } from "../../../../renderer/app/shortcuts.ts";

const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const audit = sections.find(({ id }) => id === "audit");

test.each([
  ["Ctrl K", { ...none, ctrlKey: true, code: "KeyK" }, false, false, { kind: "palette" }],
  ["Ctrl K while typing", { ...none, ctrlKey: true, code: "KeyK" }, true, false, { kind: "palette" }],
  ["Cmd K on a Mac", { ...none, metaKey: true, code: "KeyK" }, false, true, { kind: "palette" }],
  ["Ctrl K on a Mac is the system's", { ...none, ctrlKey: true, code: "KeyK" }, false, true, null],
  ["K alone", { ...none, code: "KeyK" }, false, false, null],
  ["a digit", { ...none, code: "Digit8" }, false, false, { kind: "section", section: audit }],
  ["a digit while typing is text", { ...none, code: "Digit8" }, true, false, null],
  [
    "Ctrl and a digit while typing",
    { ...none, ctrlKey: true, code: "Digit8" },
    true,
    false,
    { kind: "section", section: audit },
  ],
  ["a digit without a section", { ...none, code: "Digit0" }, false, false, null],
  ["a question mark", { ...none, shiftKey: true, code: "Slash" }, false, false, { kind: "help" }],
  ["a question mark while typing is text", { ...none, shiftKey: true, code: "Slash" }, true, false, null],
  ["Alt and a digit are the browser's", { ...none, altKey: true, code: "Digit1" }, false, false, null],
])("%s", (_name, keys, typing, mac, command) => {
  expect(commandOf(keys, typing, mac)).toEqual(command);
});
