import { beforeEach, describe, expect, test, vi } from "vitest";

type Listener = (...args: never[]) => unknown;

/** What the program does with Electron, written down. */
const seen = vi.hoisted(() => ({ windows: [] as never[], sessions: new Map<string, unknown>() }));

vi.mock("electron", () => {
  class FakeSession {
    proxy: unknown = null;
    cleared = 0;
    filter: ((details: { url: string }, answer: (verdict: { cancel: boolean }) => void) => void) | null = null;
    webRequest = {
      onBeforeRequest: (filter: FakeSession["filter"]) => {
        this.filter = filter;
      },
    };
    async setProxy(config: unknown) {
      this.proxy = config;
    }
    async clearStorageData() {
      this.cleared += 1;
    }
  }
  class BrowserWindow {
    loaded: string[] = [];
    listeners = new Map<string, Listener>();
    open: ((details: { url: string }) => { action: string }) | null = null;
    destroyed = false;
    webContents: unknown;
    options: { webPreferences: { partition: string } };
    constructor(options: { webPreferences: { partition: string } }) {
      this.options = options;
      this.webContents = {
        session: seen.sessions.get(options.webPreferences.partition),
        setWindowOpenHandler: (handler: BrowserWindow["open"]) => {
          this.open = handler;
        },
        on: () => undefined,
      };
      (seen.windows as BrowserWindow[]).push(this);
    }
    once(name: string, listener: Listener) {
      this.listeners.set(name, listener);
    }
    isMinimized = () => false;
    focus = () => undefined;
    async loadURL(url: string) {
      this.loaded.push(url);
    }
    destroy() {
      this.destroyed = true;
      this.listeners.get("closed")?.();
    }
  }
  const session = {
    fromPartition(name: string) {
      const made = seen.sessions.get(name) ?? new FakeSession();
      seen.sessions.set(name, made);
      return made;
    },
  };
  return { BrowserWindow, session };
});

const { createNotebookWindows, isNotebookPage, notebookOrigin } = await import(
  "../../../../electron/shells/desktop/notebookWindow.ts"
);

interface Seen {
  loaded: string[];
  destroyed: boolean;
  open(details: { url: string }): { action: string };
  options: { webPreferences: Record<string, unknown> };
  webContents: { session: Electron.Session & { filter: Listener; proxy: unknown; cleared: number } };
}
const windows = () => seen.windows as Seen[];

beforeEach(() => {
  seen.windows.length = 0;
  seen.sessions.clear();
});

const address = "http://127.0.0.1:21000/__gatehouse/open#code=x";

describe("a notebook's window", () => {
  test("is locked, has a memory of its own, and goes with it", () => {
    const notebooks = createNotebookWindows({ packaged: true });
    notebooks.open("a", "work", address);
    notebooks.open("b", "other", "http://127.0.0.1:21001/__gatehouse/open#code=y");
    const [one, two] = windows();
    expect(one?.options.webPreferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
      partition: expect.stringMatching(/^notebook-\d+$/),
      devTools: false,
    });
    expect(one?.options.webPreferences.partition).not.toBe(two?.options.webPreferences.partition);
    expect(one?.webContents.session.proxy).toEqual({ mode: "direct" });
    notebooks.open("a", "work", address);
    expect(windows()).toHaveLength(2);
    expect(one?.loaded).toEqual([address, address]);
    notebooks.close("a");
    expect([one?.destroyed, one?.webContents.session.cleared, two?.destroyed]).toEqual([true, 1, false]);
  });

  test.each([
    ["http://127.0.0.1:21000/tree", true],
    ["ws://127.0.0.1:21000/api/kernels/1/channels", true],
    ["data:image/png;base64,AA==", true],
    ["blob:http://127.0.0.1:21000/1", true],
    ["http://127.0.0.1:2100/", false],
    ["http://127.0.0.1:21000.evil.example/", false],
    ["ws://127.0.0.1:210001/", false],
    ["https://127.0.0.1:21000/", false],
    ["https://cdn.example/x.js", false],
    ["file:///etc/passwd", false],
    ["not an address", false],
  ])("may it ask for %s: %s", (url, allowed) => {
    createNotebookWindows({ packaged: true }).open("a", "work", address);
    const verdict = vi.fn();
    windows()[0]?.webContents.session.filter({ url } as never, verdict as never);
    expect(verdict).toHaveBeenCalledWith({ cancel: !allowed });
  });

  test.each([
    ["http://127.0.0.1:21000/notebooks/a.ipynb", "allow"],
    ["https://jupyter.org/", "deny"],
    ["file:///etc/passwd", "deny"],
  ])("a page that opens %s: %s", (url, action) => {
    createNotebookWindows({ packaged: true }).open("a", "work", address);
    const [window] = windows();
    expect(window?.open({ url }).action).toBe(action);
    if (window) expect(isNotebookPage(window.webContents.session, url)).toBe(action === "allow");
  });

  test.each([
    ["http://127.0.0.1:21000/x#code=y", "http://127.0.0.1:21000"],
    ["http://127.0.0.1/", null],
    ["https://127.0.0.1:21000/", null],
    ["http://localhost:21000/", null],
    ["http://user@127.0.0.1:21000/", null],
    ["http://evil.example:21000/", null],
    ["javascript:alert(1)", null],
  ])("the origin of %s is %s", (url, origin) => {
    expect(notebookOrigin(url)).toBe(origin);
    createNotebookWindows({ packaged: true }).open("a", "work", url);
    expect(windows()).toHaveLength(origin === null ? 0 : 1);
  });
});
