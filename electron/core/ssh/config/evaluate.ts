import { wild } from "../trust/knownHosts.ts";
import type { Directive } from "./lines.ts";

/** Values by keyword (lower case), each occurrence that counts. */
export type Settings = ReadonlyMap<string, readonly string[]>;

export interface Evaluated {
  settings: Settings;
  /** `Match` lines that ask what only OpenSSH can answer; their blocks were left out. */
  unanswered: string[];
}

/** Keywords that may be given several times; of all others the first value counts (ssh_config(5)). */
const repeatable = new Set(["identityfile", "certificatefile", "localforward", "remoteforward", "dynamicforward"]);
/** Several words on one line, each a value of its own. */
const lists = new Set(["userknownhostsfile", "globalknownhostsfile"]);
/** The rest of the line is one command. */
const commands = new Set(["proxycommand", "knownhostscommand", "localcommand", "remotecommand"]);

/**
 * What a configuration says of one host name: for machines without an OpenSSH client. `Host` and the simple criteria of
 * `Match` are known; `exec`, `final`, `canonical` and their kin are not, and are told.
 */
export function evaluate(directives: readonly Directive[], name: string, localUser: string): Evaluated {
  const settings = new Map<string, string[]>();
  const unanswered: string[] = [];

  function walk(list: readonly Directive[], open: boolean): void {
    let active = open;
    for (const directive of list) {
      const { keyword, args } = directive;
      if (keyword === "host") active = open && speaksOfName(args, name);
      else if (keyword === "match") active = open && matches(directive);
      else if (keyword === "include") walk(directive.included ?? [], active);
      else if (active) take(directive);
    }
  }

  function take({ keyword, args, rest }: Directive): void {
    const before = settings.get(keyword);
    if (before !== undefined && !repeatable.has(keyword)) return;
    const values = commands.has(keyword) ? [rest] : lists.has(keyword) ? args : [args.join(" ")];
    settings.set(keyword, [...(before ?? []), ...values]);
  }

  function matches({ args, source, rest }: Directive): boolean {
    const [first = ""] = args;
    if (first.toLowerCase() === "all" && args.length === 1) return true;
    const known = new Map([
      ["host", settings.get("hostname")?.[0] ?? name],
      ["originalhost", name],
      ["user", settings.get("user")?.[0] ?? localUser],
      ["localuser", localUser],
    ]);
    for (let at = 0; at < args.length; at += 2) {
      const criterion = (args[at] ?? "").toLowerCase();
      const negated = criterion[0] === "!";
      const subject = known.get(negated ? criterion.slice(1) : criterion);
      const patterns = args[at + 1];
      if (subject === undefined || patterns === undefined) {
        unanswered.push(`Match ${rest} (${source})`);
        return false;
      }
      if (speaksOfName(patterns.split(","), subject) === negated) return false;
    }
    return args.length > 0;
  }

  walk(directives, true);
  return { settings, unanswered };
}

/** One negated pattern that matches excludes the name, whatever else matches. */
function speaksOfName(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern[0] === "!";
    if (!wild((negated ? pattern.slice(1) : pattern).toLowerCase(), name.toLowerCase())) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** Host names that a configuration speaks of by name, not by pattern, each with its place; the first mention counts. */
export function namesIn(directives: readonly Directive[]): { name: string; source: string }[] {
  const found = new Map<string, string>();
  const walk = (list: readonly Directive[]) => {
    for (const { keyword, args, source, included } of list) {
      if (included) walk(included);
      if (keyword !== "host") continue;
      for (const name of args) if (!/[*?!]/.test(name) && !found.has(name)) found.set(name, source);
    }
  };
  walk(directives);
  return [...found].map(([name, source]) => ({ name, source }));
}

/** True when looking at the configuration with OpenSSH would run a program (`Match exec`). */
export function runsPrograms(directives: readonly Directive[]): boolean {
  return directives.some(
    ({ keyword, args, included }) =>
      (keyword === "match" && args.some((arg) => /^!?exec$/i.test(arg))) ||
      (included !== undefined && runsPrograms(included)),
  );
}
