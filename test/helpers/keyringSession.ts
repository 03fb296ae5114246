import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleScript } from "../../scripts/lib/bundleScript.mjs";
import { which } from "./lab/process.ts";
import { tempFolder } from "./ports.ts";

const programs = ["dbus-run-session", "gnome-keyring-daemon"] as const;

/** Why the real keychain of Linux can't be started here; null when it can. */
export function keyringMissing(): string | null {
  if (process.platform !== "linux") return "the Secret Service is Linux's";
  const missing = programs.filter((program) => which(program) === null);
  return missing.length === 0 ? null : `${missing.join(" and ")} not installed (gnome-keyring dbus libsecret-1-0)`;
}

export interface KeyringSession {
  /** Environment of a program that should find this session's keychain, and no other. */
  env: Record<string, string>;
  /** Home of the session: the keyring's own files are below it. */
  home: string;
  stop(): Promise<void>;
}

/**
 * A D-Bus session of its own with gnome-keyring in it: `unlocked` (ready for use), or `none` (a bus on which the
 * keyring is started by the first call, finds no keyring, and has nobody to ask for a password).
 */
export async function startKeyringSession(keyring: "unlocked" | "none" = "unlocked"): Promise<KeyringSession> {
  const folder = tempFolder("gatehouse-keyring-");
  const runtime = join(folder.path, "run");
  mkdirSync(runtime, { mode: 0o700 });
  const base = {
    PATH: process.env.PATH ?? "",
    HOME: folder.path,
    XDG_DATA_HOME: join(folder.path, "share"),
    XDG_RUNTIME_DIR: runtime,
    LC_ALL: "C",
  };
  const unlock = "printf %s test-only | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1;";
  const script = `${keyring === "unlocked" ? unlock : ""} echo "BUS $DBUS_SESSION_BUS_ADDRESS"; exec cat`;
  const child = spawn("dbus-run-session", ["--", "sh", "-c", script], { env: base, stdio: ["pipe", "pipe", "ignore"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    // The session ends with its shell, and the shell with its input.
    child.stdin.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
    await exited;
    clearTimeout(timer);
    folder.cleanup();
  };
  let said = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    const address = /^BUS (.+)$/m.exec(said)?.[1];
    if (address !== undefined) {
      child.stdout.resume();
      return { env: { ...base, DBUS_SESSION_BUS_ADDRESS: address }, home: folder.path, stop };
    }
  }
  await stop();
  throw new Error("the D-Bus session ended before it began");
}

export interface ProgramResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** One bundle a file: two at a time would write over one another. */
const bundles = new Map<string, Promise<string>>();

function bundleOnce(source: string): Promise<string> {
  const bundle = bundles.get(source) ?? bundleScript(source);
  bundles.set(source, bundle);
  return bundle;
}

/** Runs a TypeScript file of ours with this Node in the given environment and nothing else of ours. */
export async function runProgram(file: URL, args: string[], env: Record<string, string>): Promise<ProgramResult> {
  const bundle = await bundleOnce(fileURLToPath(file));
  const child = spawn(process.execPath, [bundle, ...args], { env, stdio: ["ignore", "pipe", "pipe"], timeout: 30_000 });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}
