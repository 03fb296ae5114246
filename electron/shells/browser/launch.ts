import { spawn } from "node:child_process";

export interface Desk {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
}

/** Whether this machine can be expected to show a browser: a remote shell or a service has no display. */
export function canShowBrowser({ platform, env }: Desk): boolean {
  if (env.SSH_CONNECTION && !env.DISPLAY && !env.WAYLAND_DISPLAY) return false;
  if (platform === "darwin" || platform === "win32") return true;
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** Opens the system's browser and forgets it. A missing opener is no failure: the address is on the screen. */
export function showInBrowser(url: string, platform: NodeJS.Platform): void {
  const [program, ...args] = openerOf(url, platform);
  const child = spawn(program, args, { detached: true, stdio: "ignore" });
  child.once("error", () => undefined);
  child.unref();
}

function openerOf(url: string, platform: NodeJS.Platform): [string, ...string[]] {
  if (platform === "darwin") return ["open", url];
  // `start` is a word of cmd.exe, whose quoting is a trap; this handler takes the address as it is.
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", url];
  return ["xdg-open", url];
}
