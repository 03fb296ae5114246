/**
 * Runs sandboxed in front of the page, which gets two functions: ask for a port to the core, and show its window. The
 * port is main's to give; nothing of Electron itself, and no other channel, is within the page's reach.
 */
import { contextBridge, ipcRenderer } from "electron";
import { CONNECT_CHANNEL, LOST_CHANNEL, PORT_CHANNEL, SHOW_CHANNEL } from "./shells/desktop/channels.ts";

declare const window: { postMessage(message: string, origin: string, ports: readonly unknown[]): void };
declare const location: { origin: string };

ipcRenderer.on(PORT_CHANNEL, (event) => window.postMessage(PORT_CHANNEL, location.origin, event.ports));

ipcRenderer.on(LOST_CHANNEL, () => window.postMessage(LOST_CHANNEL, location.origin, []));

contextBridge.exposeInMainWorld("gatehouse", {
  connect: () => ipcRenderer.send(CONNECT_CHANNEL),
  show: () => ipcRenderer.send(SHOW_CHANNEL),
});
