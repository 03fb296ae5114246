import { describe, expect, test } from "vitest";
import { canShowBrowser, parseFlags } from "../../../../electron/shells/browser/index.ts";

const none = { practice: false, port: 0, show: true, data: null };

describe("flags", () => {
  test.each<[string, string[], unknown]>([
    ["none", [], none],
    ["practice", ["--practice"], { ...none, practice: true }],
    ["port", ["--port", "4711"], { ...none, port: 4711 }],
    ["port, with =", ["--port=65535"], { ...none, port: 65_535 }],
    ["no browser", ["--no-open"], { ...none, show: false }],
    ["data, made absolute", ["--data", "/a/../b"], { ...none, data: "/b" }],
  ])("%s", (_, argv, expected) => {
    expect(parseFlags(argv)).toEqual(expected);
  });

  test.each<[string, string[]]>([
    ["a port that is too high", ["--port", "65536"]],
    ["a negative port", ["--port=-1"]],
    ["a port that is no number", ["--port", "http"]],
    ["an unknown flag", ["--host", "0.0.0.0"]],
    ["a stray word", ["practice"]],
    ["a value too many", ["--practice=yes"]],
    ["a missing value", ["--data"]],
  ])("must be refused: %s", (_, argv) => {
    expect(() => parseFlags(argv)).toThrow();
  });
});

describe("a browser can be shown", () => {
  test.each<[string, Parameters<typeof canShowBrowser>[0], boolean]>([
    ["Linux with X", { platform: "linux", env: { DISPLAY: ":0" } }, true],
    ["Linux with Wayland", { platform: "linux", env: { WAYLAND_DISPLAY: "wayland-0" } }, true],
    ["Linux without display", { platform: "linux", env: {} }, false],
    ["macOS", { platform: "darwin", env: {} }, true],
    ["macOS over SSH", { platform: "darwin", env: { SSH_CONNECTION: "1" } }, false],
    ["Linux over SSH with X", { platform: "linux", env: { SSH_CONNECTION: "1", DISPLAY: ":10" } }, true],
    ["Windows", { platform: "win32", env: {} }, true],
  ])("%s", (_, desk, expected) => {
    expect(canShowBrowser(desk)).toBe(expected);
  });
});
