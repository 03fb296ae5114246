/** The desktop door: the only room that imports Electron. */
export { startDesktop } from "./app.ts";
