import { describe, expect, test } from "vitest";
import { type Asking, mayAsk, mayUse } from "../../../../electron/shells/desktop/permissions.ts";

const page = "app://gatehouse/";
const own = { url: page, parent: null };
const asking = (more: Partial<Asking> = {}): Asking => ({
  permission: "notifications",
  url: page,
  frame: own,
  ...more,
});

describe("what a page may ask for", () => {
  test.each<[string, Partial<Asking>, boolean, boolean]>([
    ["notifications of our page", {}, true, true],
    ["looked up without a page, as Electron does for them", { frame: null, around: page }, false, true],
    ["the clipboard of a copy button", { permission: "clipboard-sanitized-write" }, true, true],
    [
      "must be refused: the clipboard without a page",
      { permission: "clipboard-sanitized-write", frame: null },
      false,
      false,
    ],
    [
      "must be refused: a notebook's page",
      { url: "http://127.0.0.1:8888/", frame: { url: "http://127.0.0.1:8888/lab", parent: null } },
      false,
      false,
    ],
    [
      "must be refused: a notebook's page, looked up without a page",
      { url: "http://127.0.0.1:8888/", frame: null },
      false,
      false,
    ],
    [
      "must be refused: another page in our window",
      { frame: { url: "https://evil.example/", parent: null } },
      false,
      false,
    ],
    ["must be refused: a frame of ours within another page", { around: "https://evil.example/" }, false, false],
    ["must be refused: a frame that is not the top one", { frame: { url: page, parent: {} } }, false, false],
    ["must be refused: an address that begins like ours", { url: "app://gatehouse.evil/" }, false, false],
    ["must be refused: no address", { url: "" }, false, false],
  ])("%s", (_, more, ask, use) => {
    expect([mayAsk(asking(more)), mayUse(asking(more))]).toEqual([ask, use]);
  });

  // https://www.electronjs.org/docs/latest/api/session#sessetpermissionrequesthandlerhandler
  test.each([
    "clipboard-read",
    "display-capture",
    "fullscreen",
    "geolocation",
    "hid",
    "idle-detection",
    "keyboardLock",
    "media",
    "mediaKeySystem",
    "midi",
    "midiSysex",
    "openExternal",
    "pointerLock",
    "serial",
    "speaker-selection",
    "storage-access",
    "top-level-storage-access",
    "unknown",
    "usb",
    "window-management",
    "deprecated-sync-clipboard-read",
    "fileSystem",
    "background-sync",
    "accessibility-events",
    "Notifications",
    "notifications ",
    "",
  ])("must be refused, to whoever asks: %s", (permission) => {
    for (const frame of [own, null])
      expect([mayAsk(asking({ permission, frame })), mayUse(asking({ permission, frame }))]).toEqual([false, false]);
  });
});
