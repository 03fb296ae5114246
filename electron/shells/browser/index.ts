/** The browser door: the page and the core's router on the loopback interface, for one person at this machine. */
export { type BrowserDoor, type DoorCore, openBrowserDoor } from "./door.ts";
export { type Flags, parseFlags } from "./flags.ts";
export { canShowBrowser, showInBrowser } from "./launch.ts";
