import { BrowserWindow, type Session, session } from "electron";
import type { NotebookWindows } from "../../core/ports.ts";
import { lockedPreferences } from "./locks.ts";

/** Origins of notebooks by the session that shows them: `http://127.0.0.1:PORT`. */
const origins = new WeakMap<Session, string>();

/** Whether a notebook's session may go there: to its own address and nowhere else. Compared whole. */
export function isNotebookPage(of: Session, url: string): boolean {
  const origin = origins.get(of);
  return origin !== undefined && URL.canParse(url) && new URL(url).origin === origin;
}

/** What a notebook's own page makes and keeps to itself while it is shown. */
const local = new Set(["data:", "blob:", "about:"]);

/** An address of ours on this machine; null for anything else that the core might say by mistake. */
export function notebookOrigin(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, hostname, port, origin, username } = new URL(url);
  return protocol === "http:" && hostname === "127.0.0.1" && port !== "" && username === "" ? origin : null;
}

/** Windows for notebooks, each with a memory of its own that goes with it. */
export function createNotebookWindows(options: { packaged: boolean }): NotebookWindows {
  const windows = new Map<string, BrowserWindow>();
  let count = 0;

  function make(id: string, title: string, origin: string): BrowserWindow {
    // No `persist:`: in memory. Another number each time: nothing of the last time is left.
    count += 1;
    const partition = `notebook-${count}`;
    const own = session.fromPartition(partition);
    origins.set(own, origin);
    void own.setProxy({ mode: "direct" });
    own.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isWithin(origin, details.url) }));
    const window = new BrowserWindow({
      width: 1280,
      height: 860,
      title,
      backgroundColor: "#ffffff",
      webPreferences: { ...lockedPreferences, partition, devTools: !options.packaged },
    });
    // Jupyter opens notebooks in tabs of their own: they become windows under the same locks.
    window.webContents.setWindowOpenHandler(({ url }) => openHandler(own, url, options.packaged));
    window.webContents.on("did-create-window", (child) => {
      child.webContents.setWindowOpenHandler(({ url }) => openHandler(own, url, options.packaged));
    });
    window.once("closed", () => {
      if (windows.get(id) === window) windows.delete(id);
      void own.clearStorageData();
    });
    windows.set(id, window);
    return window;
  }

  return {
    open(id, title, url) {
      const origin = notebookOrigin(url);
      if (origin === null) return;
      const known = windows.get(id);
      const window = known !== undefined && isNotebookPage(known.webContents.session, url) ? known : null;
      if (window === null) known?.destroy();
      const shown = window ?? make(id, title, origin);
      if (shown.isMinimized()) shown.restore();
      shown.focus();
      void shown.loadURL(url).catch(() => undefined);
    },
    close: (id) => windows.get(id)?.destroy(),
  };
}

function openHandler(own: Session, url: string, packaged: boolean): Electron.WindowOpenHandlerResponse {
  if (!isNotebookPage(own, url)) return { action: "deny" };
  return {
    action: "allow",
    overrideBrowserWindowOptions: { webPreferences: { ...lockedPreferences, session: own, devTools: !packaged } },
  };
}

/** Its own address, over HTTP and websockets, and what a page makes itself. */
function isWithin(origin: string, url: string): boolean {
  if (!URL.canParse(url)) return false;
  const asked = new URL(url);
  if (local.has(asked.protocol)) return true;
  return asked.origin === origin || (asked.protocol === "ws:" && `http://${asked.host}` === origin);
}
