/**
 * Stands in for the Electron program: `node program.mjs CHILD_MODULE MAIN_FOLDER [ARGUMENTS]` runs the shipped main with
 * a module `electron` that keeps Electron's rules, on a Chromium of this machine. The test that started it asks
 * questions over the process channel.
 */
import { readFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { app, askForLock, onEnd } from "./app.ts";
import { MessageChannelMain } from "./ports.ts";
import { state, strict } from "./rules.ts";
import { dialog, Menu, Notification, powerMonitor, screen, shell } from "./small.ts";
import { setChildModule, utilityProcess } from "./utilityProcess.ts";
import { BrowserWindowStandIn, closeChromium, protocol, session, theChromium } from "./windows.ts";

const electron = {
  app,
  BrowserWindow: BrowserWindowStandIn,
  dialog,
  Menu,
  MessageChannelMain,
  Notification,
  powerMonitor,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
  /** Not Electron's: what was done to the outside. */
  standIn: state,
};

const key = "gatehouse.electron";
Object.assign(globalThis, { [key]: electron });
const source = [
  `const electron = globalThis[${JSON.stringify(key)}];`,
  "export default electron;",
  ...Object.keys(electron).map((name) => `export const ${name} = electron.${name};`),
].join("\n");
register(
  `data:text/javascript,${encodeURIComponent(`
    export const resolve = (name, context, next) => name === "electron" ? { url: "electron:module", shortCircuit: true } : next(name, context);
    export const load = (url, context, next) => url === "electron:module"
      ? { format: "module", source: ${JSON.stringify(source)}, shortCircuit: true } : next(url, context);
  `)}`,
);

const [childModule = "", folder = "", ...args] = process.argv.slice(2);
setChildModule(childModule);
onEnd(closeChromium);
const { main } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const dataFlag = args.indexOf("--data");
if (dataFlag >= 0) await askForLock(String(args[dataFlag + 1]));

process.argv = [process.execPath, folder, ...args];
process.on("message", async ({ id, fn, arg }: { id: number; fn: string; arg: unknown }) => {
  try {
    const value = await new Function(`return (${fn});`)()(strict("electron", electron), arg);
    process.send?.({ id, value });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.stack : String(error) });
  }
});
process.on("disconnect", () => app.exit(1));

await import(pathToFileURL(join(folder, main)).href);
// The main module is run to its end before the program is ready.
const { endpoint } = await theChromium();
process.send?.({ endpoint });
state.ready = true;
app.emit("ready");
