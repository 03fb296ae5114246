/** The shipped program in a window of its own, where the Electron program is present. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { _electron, type ElectronApplication } from "playwright-core";
import { findElectron } from "../../scripts/lib/electron.mjs";
import { builtApp } from "./built.ts";

/** Null when a window can be shown, else why none can: a skip that is allowed everywhere. */
export function whyNoWindow(): string | null {
  const electron = findElectron();
  if ("missing" in electron) return `allowed: ${electron.missing}`;
  const { platform, env } = process;
  return platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY ? "allowed: there is no display" : null;
}

export async function startDesktop(data: string): Promise<ElectronApplication> {
  const electron = findElectron();
  if ("missing" in electron) throw new Error(electron.missing);
  const home = join(data, "home");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const app = await builtApp();
  // Chromium's sandbox cannot be had by root; the windows' own locks are looked at elsewhere.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const { PATH = "", DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR } = process.env;
  const shown = Object.entries({ PATH, DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR, HOME: home, LANG: "C.UTF-8" });
  return await _electron.launch({
    executablePath: electron.path,
    args: [...sandbox, app, "--data", join(data, "data")],
    env: Object.fromEntries(shown.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  });
}
