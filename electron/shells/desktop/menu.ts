import type { MenuItemConstructorOptions } from "electron";
import type { Words } from "./words.ts";

export interface MenuOptions {
  words: Words;
  mac: boolean;
  /** Developer tools are offered while developing, never in a packaged program. */
  packaged: boolean;
  newWindow(): void;
}

const line: MenuItemConstructorOptions = { type: "separator" };

/** The application menu as data. Roles do the work; the labels are ours, so that they follow the chosen locale. */
export function menuTemplate({ words, mac, packaged, newWindow }: MenuOptions): MenuItemConstructorOptions[] {
  const appMenu: MenuItemConstructorOptions = {
    label: "Gatehouse",
    submenu: [
      { role: "about", label: words.about },
      line,
      { role: "hide", label: words.hide },
      { role: "hideOthers", label: words.hideOthers },
      { role: "unhide", label: words.showAll },
      line,
      { role: "quit", label: words.quit },
    ],
  };
  const file: MenuItemConstructorOptions = {
    label: words.file,
    submenu: [
      { label: words.newWindow, accelerator: "CmdOrCtrl+Shift+N", click: newWindow },
      { role: "close", label: words.closeWindow },
      ...(mac ? [] : [line, { role: "quit", label: words.quit } as const]),
    ],
  };
  const edit: MenuItemConstructorOptions = {
    label: words.edit,
    submenu: [
      { role: "undo", label: words.undo },
      { role: "redo", label: words.redo },
      line,
      { role: "cut", label: words.cut },
      { role: "copy", label: words.copy },
      { role: "paste", label: words.paste },
      { role: "selectAll", label: words.selectAll },
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: words.view,
    submenu: [
      { role: "reload", label: words.reload },
      line,
      { role: "resetZoom", label: words.actualSize },
      { role: "zoomIn", label: words.zoomIn },
      { role: "zoomOut", label: words.zoomOut },
      line,
      { role: "togglefullscreen", label: words.fullScreen },
      ...(packaged ? [] : [{ role: "toggleDevTools", label: words.devTools } as const]),
    ],
  };
  const window: MenuItemConstructorOptions = {
    label: words.window,
    submenu: [{ role: "minimize", label: words.minimize }],
  };
  return [...(mac ? [appMenu] : []), file, edit, view, window];
}
