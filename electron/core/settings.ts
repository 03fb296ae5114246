import type { Settings } from "../contract/index.ts";

/** Raised when the shape of the settings changes. */
export const settingsVersion = 3;

export const firstSettings: Settings = {
  language: "system",
  theme: "system",
  environment: "development",
  practice: false,
  detectors: { providers: true, assignments: true, pii: false },
  maskWeak: false,
  alertCalls: true,
};

/** Settings of an older version as today's: what they did not have is as at first. The schema checks the result. */
export function migrateSettings(data: unknown): unknown {
  return typeof data === "object" && data !== null ? { ...firstSettings, ...data } : data;
}
