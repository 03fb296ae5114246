import { describe, expect, test } from "vitest";
import { settings } from "../../../electron/contract/app.ts";
import { firstSettings, migrateSettings } from "../../../electron/core/settings.ts";

describe("settings of an older version", () => {
  const old = { language: "ru", theme: "dark", environment: "production", practice: true };

  test("keep what they said and get the rest as at first", () => {
    expect(settings.parse(migrateSettings(old))).toEqual({
      ...old,
      detectors: { providers: true, assignments: true, pii: false },
      maskWeak: false,
      alertCalls: true,
    });
  });

  test.each<[string, unknown]>([
    ["no object", "dark"],
    ["null", null],
    ["an unknown theme", { ...old, theme: "pink" }],
  ])("must be refused: %s", (_name, data) => {
    expect(settings.safeParse(migrateSettings(data)).success).toBe(false);
  });

  test("at first is valid", () => {
    expect(settings.parse(firstSettings)).toEqual(firstSettings);
  });
});
