import { homedir } from "node:os";
import { join } from "node:path";
import {
  app,
  BrowserWindow,
  dialog,
  Menu,
  MessageChannelMain,
  Notification,
  powerMonitor,
  protocol,
  shell,
} from "electron";
import { loadAssets, openableLink } from "../page/index.ts";
import { coreEnvironment, dataFolder, ensurePrivateFolder } from "../place/index.ts";
import { LOST_CHANNEL, PORT_CHANNEL } from "./channels.ts";
import { lockContents, servePage } from "./contents.ts";
import { type CoreProcess, createCoreProcess } from "./coreProcess.ts";
import { desktopFlags } from "./flags.ts";
import { menuTemplate } from "./menu.ts";
import { createNotebookWindows } from "./notebookWindow.ts";
import { SCHEME } from "./origin.ts";
import { bringToFront, openWindow } from "./window.ts";
import { wordsFor } from "./words.ts";

/** Starts the desktop door. `built` is the folder of the built program, absolute. */
export function startDesktop(built: string): void {
  const flags = desktopFlags(process.argv.slice(1));
  const data = flags.data ?? dataFolder({ platform: process.platform, env: process.env, home: homedir() });
  app.setName("Gatehouse");
  app.setPath("userData", join(data, "window"));
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
  lockContents();
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.on("window-all-closed", () => process.platform !== "darwin" && app.quit());
  app
    .whenReady()
    .then(() => run(built, data, flags.practice))
    .catch((error) => giveUp(error instanceof Error ? error.message : String(error)));
}

async function run(built: string, data: string, practice: boolean): Promise<void> {
  const words = wordsFor(app.getLocale());
  await ensurePrivateFolder(data);
  servePage(await loadAssets(join(built, "renderer")));
  const core = createCoreProcess({
    built,
    env: coreEnvironment(process.env),
    start: { data, home: homedir(), practice },
    notify,
    // Where the system has such a number: the dock of macOS, the launcher of some desktops of Linux.
    badge: (count) => void app.setBadgeCount(count),
    openLink(url) {
      const link = openableLink(url);
      if (link !== null) void shell.openExternal(link);
    },
    notebooks: createNotebookWindows({ packaged: app.isPackaged }),
    lost() {
      for (const window of BrowserWindow.getAllWindows()) window.webContents.send(LOST_CHANNEL);
    },
    restarted: () => notify(words.restartedTitle, words.restartedBody),
    gaveUp: (reason) => giveUp(reason ?? words.endsAgain),
  });
  const open = () =>
    openWindow({
      built,
      stateFile: join(data, "window.json"),
      packaged: app.isPackaged,
      connect(contents, frame) {
        const { port1, port2 } = new MessageChannelMain();
        core.connect(port1, contents.getUserAgent());
        frame.postMessage(PORT_CHANNEL, null, [port2]);
      },
    });
  const mac = process.platform === "darwin";
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(menuTemplate({ words, mac, packaged: app.isPackaged, newWindow: open })),
  );
  powerMonitor.on("resume", () => core.wake());
  app.on("activate", () => BrowserWindow.getAllWindows().length === 0 && open());
  app.on("second-instance", () => showFirst(open));
  stopCoreFirst(core);
  open();
}

function showFirst(open: () => unknown): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) open();
  else bringToFront(window);
}

/** The core has connections to close and a journal to finish: the program waits for it, within its limit. */
function stopCoreFirst(core: CoreProcess): void {
  let stopped = false;
  let stopping = false;
  app.on("before-quit", (event) => {
    if (stopped) return;
    event.preventDefault();
    if (stopping) return;
    stopping = true;
    void core.stop().finally(() => {
      stopped = true;
      app.quit();
    });
  });
}

function notify(title: string, body: string): void {
  if (Notification.isSupported()) new Notification({ title, body }).show();
}

function giveUp(reason: string): void {
  console.error(reason);
  dialog.showErrorBox(wordsFor(app.getLocale()).cannotStart, reason);
  app.exit(1);
}
