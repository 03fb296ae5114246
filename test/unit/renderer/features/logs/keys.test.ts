import { expect, test } from "vitest";
import { en } from "../../../../../renderer/app/i18n/en.ts";
import { logCommandOf, logKeys } from "../../../../../renderer/features/logs/keys.ts";

const press = (code: string, more: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {}) =>
  logCommandOf({ code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

test.each([
  ["j", press("KeyJ"), { kind: "move", by: 1 }],
  ["up", press("ArrowUp"), { kind: "move", by: -1 }],
  ["g", press("KeyG"), { kind: "edge", end: false }],
  ["G", press("KeyG", { shiftKey: true }), { kind: "edge", end: true }],
  ["n", press("KeyN"), { kind: "hit", backwards: false }],
  ["N", press("KeyN", { shiftKey: true }), { kind: "hit", backwards: true }],
  ["Enter", press("Enter"), { kind: "open" }],
  ["copying stays the browser's", press("KeyC", { ctrlKey: true }), null],
  ["a browser's own key", press("KeyF", { metaKey: true }), null],
  ["a shifted letter that means nothing", press("KeyM", { shiftKey: true }), null],
  ["a key that means nothing", press("KeyQ"), null],
])("%s", (_name, command, expected) => {
  expect(command).toEqual(expected);
});

test("the help tells of keys that do something", () => {
  for (const [keys, id] of logKeys) {
    expect(en[id]).toBeTruthy();
    for (const key of keys) {
      const code = key.length === 1 ? `Key${key.toUpperCase()}` : key;
      expect(press(code, { shiftKey: key !== key.toLowerCase() && key.length === 1 }), key).not.toBeNull();
    }
  }
});
