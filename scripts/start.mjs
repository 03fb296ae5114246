/**
 * Builds what is out of date and starts the program: in a window where the Electron runtime is installed, else in the
 * browser door. Flags are passed on (`--practice`, `--port N`, `--no-open`, `--data DIR`); `--browser` takes the browser
 * door in any case.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildAll, dist } from "./lib/build.mjs";
import { findElectron } from "./lib/electron.mjs";

const args = process.argv.slice(2).filter((arg) => arg !== "--browser");
const wantsBrowser = args.length < process.argv.length - 2;

try {
  await buildAll({ log: console.log });
} catch (error) {
  console.error(`The build failed: ${error.message}`);
  process.exit(1);
}

const reason = whyNoWindow();
if (reason === null) startDesktop(findElectron().path);
else {
  if (reason !== "") console.log(`No window: ${reason}. Opening the browser door.`);
  // In this very process: the person's signals and terminal are the program's own.
  process.argv = [process.argv[0], join(dist, "serve.mjs"), ...args];
  await import(pathToFileURL(join(dist, "serve.mjs")).href);
}

/** Null when a window can be shown; empty when nobody asked for one. */
function whyNoWindow() {
  if (wantsBrowser) return "";
  const { platform, env } = process;
  const electron = findElectron();
  if ("missing" in electron) return electron.missing;
  if (platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY) return "there is no display";
  if (platform === "linux" && process.getuid?.() === 0) return "Electron does not run as root";
  return null;
}

function startDesktop(path) {
  const child = spawn(path, [join(dist, ".."), ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => {
    console.error(`Electron could not be started: ${error.message}`);
    process.exit(1);
  });
  child.once("exit", (code) => process.exit(code ?? 1));
}
