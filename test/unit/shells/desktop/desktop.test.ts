import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { desktopFlags } from "../../../../electron/shells/desktop/flags.ts";
import { menuTemplate } from "../../../../electron/shells/desktop/menu.ts";
import { isOwnBlob, isOwnFrame, isOwnPage } from "../../../../electron/shells/desktop/origin.ts";
import { placeWindow, readWindowState, writeWindowState } from "../../../../electron/shells/desktop/windowState.ts";
import { wordsFor } from "../../../../electron/shells/desktop/words.ts";
import { tempFolder } from "../../../helpers/ports.ts";

describe("a page of ours", () => {
  test.each<[string, string, boolean]>([
    ["the page", "app://gatehouse/", true],
    ["a file of it", "app://gatehouse/assets/x.js?y#z", true],
    ["must be refused: another host", "app://evil/", false],
    ["must be refused: a host that begins the right way", "app://gatehouse.evil/", false],
    ["must be refused: the host as a user name", "app://gatehouse@evil/", false],
    ["must be refused: a user name", "app://me@gatehouse/", false],
    ["must be refused: a port", "app://gatehouse:80/", false],
    ["must be refused: another scheme", "https://gatehouse/", false],
    ["must be refused: a scheme that begins the right way", "apps://gatehouse/", false],
    ["must be refused: a file", "file:///gatehouse/", false],
    ["must be refused: nothing loaded yet", "about:blank", false],
    ["must be refused: no address", "", false],
  ])("%s", (_, url, expected) => {
    expect(isOwnPage(url)).toBe(expected);
    expect(isOwnFrame({ url, parent: null })).toBe(expected);
    expect(isOwnFrame({ url, parent: {} })).toBe(false);
  });

  test("must be refused: a frame that is gone", () => expect(isOwnFrame(null)).toBe(false));

  test.each<[string, string, boolean]>([
    ["what the page made", "blob:app://gatehouse/0b1c", true],
    ["must be refused: what another page made", "blob:https://evil.example/0b1c", false],
    ["must be refused: a download of the network", "https://evil.example/x.exe", false],
    ["must be refused: a file of the page", "app://gatehouse/x", false],
    ["must be refused: data", "data:text/plain,x", false],
  ])("to be saved: %s", (_, url, expected) => {
    expect(isOwnBlob(url)).toBe(expected);
  });
});

describe("where a window goes", () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1040 };
  const right = { x: 1920, y: 0, width: 1280, height: 1024 };
  const at = (x: number, y: number) => ({ bounds: { x, y, width: 800, height: 600 }, maximized: false });
  test.each<[string, Parameters<typeof placeWindow>, unknown]>([
    ["the first time", [null, [screen]], { bounds: { width: 1360, height: 860 }, maximized: false }],
    ["where it was", [at(10, 20), [screen]], at(10, 20)],
    ["where it was, on the second screen", [at(2000, 20), [screen, right]], at(2000, 20)],
    ["the second screen is gone", [at(2000, 20), [screen]], { bounds: { width: 800, height: 600 }, maximized: false }],
    ["only a corner is left", [at(1900, 20), [screen]], { bounds: { width: 800, height: 600 }, maximized: false }],
    ["above the screen", [at(10, -590), [screen]], { bounds: { width: 800, height: 600 }, maximized: false }],
    ["partly off, but to be got hold of", [at(-600, 20), [screen]], at(-600, 20)],
    ["no screen at all", [at(10, 20), []], { bounds: { width: 800, height: 600 }, maximized: false }],
  ])("%s", (_, args, expected) => {
    expect(placeWindow(...args)).toEqual(expected);
  });

  test("is kept in a file of its owner's, and read back", async () => {
    const { path } = tempFolder();
    const file = join(path, "window.json");
    const state = { bounds: { x: -5, y: 7, width: 900, height: 700 }, maximized: true };
    await writeWindowState(file, state);
    expect(readWindowState(file)).toEqual(state);
    expect([readdirSync(path), statSync(file).mode & 0o777]).toEqual([["window.json"], 0o600]);
  });

  test.each<[string, string]>([
    ["half a file", '{"bounds":'],
    ["no size", '{"bounds":{"x":1,"y":1},"maximized":false}'],
    ["a size of nothing", '{"bounds":{"x":1,"y":1,"width":0,"height":0},"maximized":false}'],
    ["a size beyond any screen", '{"bounds":{"x":1,"y":1,"width":1e9,"height":900},"maximized":false}'],
    ["words for numbers", '{"bounds":{"x":"1","y":1,"width":900,"height":900},"maximized":false}'],
  ])("must be refused: %s", (_, text) => {
    const { path } = tempFolder();
    writeFileSync(join(path, "window.json"), text);
    expect(readWindowState(join(path, "window.json"))).toBeNull();
  });

  test("a folder that cannot be written is nobody's error", async () => {
    await writeWindowState("/proc/nothing/window.json", {
      bounds: { x: 0, y: 0, width: 800, height: 600 },
      maximized: false,
    });
    expect(readWindowState("/proc/nothing/window.json")).toBeNull();
  });
});

test.each<[string, string[], unknown]>([
  ["none", ["/app"], { practice: false, data: null }],
  ["ours", ["/app", "--practice", "--data", "/x"], { practice: true, data: "/x" }],
  ["ours among Chromium's", ["--ozone-platform=x11", "--practice", "--no-sandbox"], { practice: true, data: null }],
  ["a flag without its value", ["--data"], { practice: false, data: null }],
])("flags of the desktop door: %s", (_, argv, expected) => {
  expect(desktopFlags(argv)).toEqual(expected);
});

describe("menu", () => {
  const words = wordsFor("en-GB");
  const build = (mac: boolean, packaged: boolean) =>
    JSON.stringify(menuTemplate({ words, mac, packaged, newWindow: () => undefined }));

  test("developer tools are there while developing alone", () => {
    expect([build(false, false).includes("toggleDevTools"), build(false, true).includes("toggleDevTools")]).toEqual([
      true,
      false,
    ]);
  });

  test("quit is in one menu on every platform", () => {
    expect([build(true, true), build(false, true)].map((text) => text.split('"quit"').length - 1)).toEqual([1, 1]);
  });

  test.each([
    ["ru", "Файл"],
    ["ru-RU", "Файл"],
    ["en-US", "File"],
    ["de", "File"],
    ["rub", "File"],
  ])("speaks the locale %s", (locale, file) => expect(wordsFor(locale).file).toBe(file));

  test("no Russian word is left in English", () => {
    const [en, ru] = [wordsFor("en"), wordsFor("ru")];
    expect(Object.keys(ru).filter((key) => ru[key as never] === en[key as never])).toEqual([]);
  });
});

test("the preload script asks for nothing but electron, and shows one function", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../../electron/preload.ts"), "utf8");
  expect([...source.matchAll(/from "([^"]+)"/g)].map(([, name]) => name)).toEqual([
    "electron",
    "./shells/desktop/channels.ts",
  ]);
  expect(source.match(/exposeInMainWorld/g)).toHaveLength(1);
});
