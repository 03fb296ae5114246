/** The browser door: the page and the core's router on the loopback interface, for one person at this machine. */
export { type BrowserDoor, openBrowserDoor } from "./door.ts";
export { type Flags, parseFlags } from "./flags.ts";
export { canShowBrowser, showInBrowser } from "./launch.ts";
export type { DoorCore } from "./sockets.ts";
