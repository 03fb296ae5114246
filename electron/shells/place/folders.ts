import { chmod, mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

export interface Machine {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, absolute. */
  home: string;
}

/**
 * The folder of settings, pinned keys and the audit log, the same for both doors. `GATEHOUSE_DATA` wins; else the
 * platform's place for data of programs (XDG Base Directory, Apple's Application Support, Windows' roaming AppData).
 */
export function dataFolder({ platform, env, home }: Machine): string {
  if (env.GATEHOUSE_DATA) return resolve(env.GATEHOUSE_DATA);
  if (platform === "darwin") return join(home, "Library", "Application Support", "Gatehouse");
  if (platform === "win32") return join(env.APPDATA || join(home, "AppData", "Roaming"), "Gatehouse");
  // A relative XDG_DATA_HOME is invalid and to be ignored (XDG Base Directory 0.8).
  const base = env.XDG_DATA_HOME?.startsWith("/") ? env.XDG_DATA_HOME : join(home, ".local", "share");
  return join(base, "gatehouse");
}

/** Makes the folder, with everything above it, readable by its owner alone. One that was wider is narrowed. */
export async function ensurePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { mode } = await stat(path);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) await chmod(path, 0o700);
}

/** What the core and the programs it starts need; a token of some other tool in the environment stays outside. */
const PASSED = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "USERNAME",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
  "SystemRoot",
  "TEMP",
  "TMP",
  "TMPDIR",
  "LANG",
  "LC_ALL",
  "TZ",
  "SSH_AUTH_SOCK",
  "DOCKER_HOST",
  "XDG_RUNTIME_DIR",
  "XDG_DATA_HOME",
  "DBUS_SESSION_BUS_ADDRESS",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "GATEHOUSE_DATA",
];

/** The part of the environment that the core may read. */
export function coreEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
