/** The user's own ssh configuration: which hosts it names, and what it says of one. */
import { Failure } from "../../failure.ts";
import type { Cancellable, Clock } from "../../ports.ts";
import { evaluate, namesIn, runsPrograms } from "./evaluate.ts";
import { type ConfigProblem, readConfig } from "./files.ts";
import { parseLines } from "./lines.ts";
import { askOpenSsh, type OpenSsh, openSshDefaults, type Resolving } from "./openssh.ts";
import { type ConfiguredHost, hostFrom } from "./settings.ts";

export type { ConfigProblem } from "./files.ts";
export type { ConfiguredHost } from "./settings.ts";

export interface SshConfigDeps {
  /** The user's configuration file. */
  file: string;
  /** True when that is the file which `ssh` reads by itself; else it is told to. */
  usual: boolean;
  home: string;
  localUser: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** OpenSSH's client; default `ssh` in the path. */
  program?: string | undefined;
}

export interface ConfiguredName {
  name: string;
  /** `file:line` */
  source: string;
  /** `null` when the configuration cannot be followed for this name; then `reason` says why. */
  host: ConfiguredHost | null;
  reason: string | null;
}

export interface SshConfig {
  /** What the configuration says of a name, by `ssh -G` where there is a client, else by a reader of our own. */
  resolve(name: string, options?: Resolving): Promise<ConfiguredHost>;
  /** Hosts that the configuration names (patterns left out). Looking never runs a program that the file names. */
  list(options?: Cancellable): Promise<{ hosts: ConfiguredName[]; problems: ConfigProblem[]; truncated: number }>;
  /** How to call OpenSSH's client with this configuration. */
  readonly openSsh: OpenSsh;
  /** What `ssh` reads by itself, the first one first. */
  readonly files: readonly string[];
  readonly home: string;
  readonly clock: Clock;
}

const maxListed = 300;
const atOnce = 4;

export function createSshConfig(deps: SshConfigDeps): SshConfig {
  const { home, localUser, env, file } = deps;
  const openSsh: OpenSsh = { program: deps.program ?? "ssh", configFile: deps.usual ? null : file, env };

  async function byOpenSsh(alias: string, options: Resolving): Promise<ConfiguredHost | null> {
    // A file that was named and is not there is an error to ssh, unlike its usual one.
    const { directives } = deps.usual ? { directives: [null] } : await readConfig(file, home);
    const ssh = directives.length === 0 ? { ...openSsh, configFile: "none" } : openSsh;
    const settings = await askOpenSsh(alias, ssh, options);
    if (settings === null) return null;
    const defaults = await openSshDefaults(openSsh, alias, options);
    return hostFrom({ alias, settings, defaults, resolvedBy: "ssh", unanswered: [], home, localUser });
  }

  async function byReading(alias: string, { user, port }: Resolving = {}): Promise<ConfiguredHost> {
    const { directives, problems } = await readConfig(file, home);
    const given = [...(user === undefined ? [] : [`User ${user}`]), ...(port === undefined ? [] : [`Port ${port}`])];
    const all = [...parseLines(given.join("\n"), "given"), ...directives];
    const { settings, unanswered } = evaluate(all, alias, localUser);
    const notes = [...unanswered, ...problems.map(({ kind, source }) => `include (${kind}) ${source}`)];
    return hostFrom({
      alias,
      settings,
      defaults: new Map(),
      resolvedBy: "parser",
      unanswered: notes,
      home,
      localUser,
    });
  }

  async function resolve(name: string, options: Resolving = {}): Promise<ConfiguredHost> {
    refuseBadName(name);
    return (await byOpenSsh(name, options)) ?? (await byReading(name, options));
  }

  return {
    openSsh,
    files: deps.usual ? [file, "/etc/ssh/ssh_config"] : [file],
    home,
    clock: deps.clock,
    resolve,
    async list(options = {}) {
      const { directives, problems } = await readConfig(file, home);
      const names = namesIn(directives);
      const look = runsPrograms(directives) || problems.length > 0 ? byReading : resolve;
      const listed = names.slice(0, maxListed);
      const hosts: ConfiguredName[] = [];
      for (let at = 0; at < listed.length; at += atOnce) {
        if (options.signal?.aborted) throw new Failure("CANCELLED");
        const some = listed.slice(at, at + atOnce).map((entry) => lookAt(entry, (name) => look(name, options)));
        hosts.push(...(await Promise.all(some)));
      }
      return { hosts, problems, truncated: names.length - listed.length };
    },
  };
}

async function lookAt(
  { name, source }: { name: string; source: string },
  look: (name: string) => Promise<ConfiguredHost>,
): Promise<ConfiguredName> {
  try {
    refuseBadName(name);
    return { name, source, host: await look(name), reason: null };
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "CANCELLED") throw error;
    return { name, source, host: null, reason: String(error.details.reason ?? error.code) };
  }
}

/** A name is handed on as an argument and in commands: nothing that a shell or an option parser could take for its own. */
export function refuseBadName(name: string): void {
  if (/^(?!-)[A-Za-z0-9._:%@+-]{1,253}$/.test(name)) return;
  throw new Failure("BAD_INPUT", { field: "config", reason: "not a host name" });
}
