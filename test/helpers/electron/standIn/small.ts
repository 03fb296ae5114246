import { EventEmitter } from "node:events";
import { afterReady, state, strict } from "./rules.ts";

interface Item {
  label?: string;
  role?: string;
  type?: string;
  click?: () => void;
  submenu?: Item[];
}

/** Electron throws for an item that has neither a label nor a role nor is a line. */
function checkItem(item: Item): Item {
  if (item.label === undefined && item.role === undefined && item.type !== "separator") {
    throw new TypeError("Invalid template for MenuItem: must have at least one of label, role or type");
  }
  item.submenu?.forEach(checkItem);
  return item;
}

let menu: { items: Item[] } | null = null;
export const Menu = strict("Menu", {
  buildFromTemplate: (template: Item[]) => ({ items: template.map(checkItem) }),
  setApplicationMenu: (next: typeof menu) => {
    menu = next;
  },
  getApplicationMenu: () => menu,
});

export const screen = strict("screen", {
  getAllDisplays() {
    afterReady("screen");
    return [{ workArea: { x: 0, y: 0, width: 1920, height: 1040 } }];
  },
});

export const dialog = strict("dialog", {
  showErrorBox: (title: string, text: string) => void state.journal.errors.push(`${title}: ${text}`),
});

export const shell = strict("shell", {
  openExternal: async (url: string) => void state.journal.opened.push(url),
});

export const powerMonitor = new EventEmitter();

export class Notification {
  readonly #options: { title: string; body: string };
  constructor(options: { title: string; body: string }) {
    afterReady("Notification");
    this.#options = options;
  }
  static isSupported(): boolean {
    return true;
  }
  show(): void {
    state.journal.notified.push(this.#options);
  }
}
