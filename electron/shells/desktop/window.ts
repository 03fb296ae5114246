import { join } from "node:path";
import { BrowserWindow, screen } from "electron";
import { CONNECT_CHANNEL, SHOW_CHANNEL } from "./channels.ts";
import { PARTITION } from "./contents.ts";
import { lockedPreferences } from "./locks.ts";
import { isOwnFrame, PAGE_URL } from "./origin.ts";
import { placeWindow, readWindowState, writeWindowState } from "./windowState.ts";

export interface WindowOptions {
  /** Folder of the built program. */
  built: string;
  /** File of the window's place. */
  stateFile: string;
  packaged: boolean;
  /** A page of ours wants a port to the core. */
  connect(contents: Electron.WebContents, frame: Electron.WebFrameMain): void;
}

/** How long a window has to rest before its place is kept, milliseconds. */
const REST_MS = 500;

export function openWindow(options: WindowOptions): BrowserWindow {
  const { bounds, maximized } = placeWindow(
    readWindowState(options.stateFile),
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: "Gatehouse",
    backgroundColor: "#11151b",
    webPreferences: {
      ...lockedPreferences,
      preload: join(options.built, "preload.cjs"),
      partition: PARTITION,
      devTools: !options.packaged,
    },
  });
  // Listened to on this window alone, and the frame is read before anything is awaited: later it may be another.
  window.webContents.ipc.on(CONNECT_CHANNEL, (event, ...rest) => {
    const frame = event.senderFrame;
    if (frame !== null && isOwnFrame(frame) && rest.length === 0) options.connect(event.sender, frame);
  });
  window.webContents.ipc.on(SHOW_CHANNEL, (event, ...rest) => {
    if (isOwnFrame(event.senderFrame) && rest.length === 0) bringToFront(window);
  });
  keepPlace(window, options.stateFile);
  if (maximized) window.maximize();
  window.once("ready-to-show", () => window.show());
  void window.loadURL(PAGE_URL);
  return window;
}

export function bringToFront(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

function keepPlace(window: BrowserWindow, file: string): void {
  let timer: NodeJS.Timeout | undefined;
  const keep = () => {
    clearTimeout(timer);
    if (window.isDestroyed() || window.isMinimized()) return;
    // The place it goes back to; of a maximised window its size on the screen says nothing.
    return writeWindowState(file, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, REST_MS);
  };
  window.on("resize", later);
  window.on("move", later);
  window.on("close", () => void keep());
  window.on("closed", () => clearTimeout(timer));
}
