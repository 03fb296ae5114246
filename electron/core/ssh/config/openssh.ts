import { execFile } from "node:child_process";
import { Failure, reasonOf } from "../../failure.ts";
import type { Cancellable } from "../../ports.ts";
import type { Settings } from "./evaluate.ts";

export interface OpenSsh {
  /** `ssh` itself: a name that is looked for in the path, or a path. */
  program: string;
  /** In place of `~/.ssh/config` and the system's file; `null` leaves both to ssh. */
  configFile: string | null;
  env: Readonly<Record<string, string | undefined>>;
}

/** What a person gave beside the name; it comes before what the configuration says. */
export interface Resolving extends Cancellable {
  user?: string | undefined;
  port?: number | undefined;
}

const timeoutMs = 10_000;
const maxBytes = 256 * 1024;
const lists = new Set(["userknownhostsfile", "globalknownhostsfile"]);

/**
 * What OpenSSH's client makes of a host name: `ssh -G` knows `Match`, patterns, tokens and defaults by construction.
 * `null` when there is no client. ssh_config(5), ssh(1).
 */
export async function askOpenSsh(name: string, ssh: OpenSsh, options: Resolving = {}): Promise<Settings | null> {
  const { signal, user, port } = options;
  const file = ssh.configFile === null ? [] : ["-F", ssh.configFile];
  const given = [...(user === undefined ? [] : ["-l", user]), ...(port === undefined ? [] : ["-p", String(port)])];
  const said = await run(ssh, [...file, ...given, "-G", "--", name], signal);
  return said === null ? null : parseDump(said);
}

/** What OpenSSH takes for granted when no file says anything. */
export async function openSshDefaults(ssh: OpenSsh, name: string, { signal }: Cancellable = {}): Promise<Settings> {
  const said = await run(ssh, ["-F", "none", "-G", "--", name], signal);
  return parseDump(said ?? "");
}

/** `keyword value` a line, the keyword in lower case. */
export function parseDump(text: string): Settings {
  const settings = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(" ");
    if (at < 1) continue;
    const keyword = line.slice(0, at).toLowerCase();
    const value = line.slice(at + 1).trim();
    const values = lists.has(keyword) ? value.split(/\s+/) : [value];
    settings.set(keyword, [...(settings.get(keyword) ?? []), ...values]);
  }
  return settings;
}

function run(ssh: OpenSsh, args: readonly string[], signal: AbortSignal | undefined): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...ssh.env, LC_ALL: "C" }, timeout: timeoutMs, maxBuffer: maxBytes, windowsHide: true };
    const child = execFile(ssh.program, args, signal ? { ...options, signal } : options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (error.code === "ENOENT") return resolve(null);
      if (signal?.aborted) return reject(new Failure("CANCELLED"));
      if (error.killed) return reject(new Failure("TIMED_OUT", { what: "ssh -G", ms: timeoutMs }));
      const reason = stderr.trim().split("\n").slice(-2).join(" ").slice(0, 300);
      reject(new Failure("SSH_CONFIG_INVALID", { reason: reason || reasonOf(error) }, { cause: error }));
    });
    child.stdin?.end();
  });
}
