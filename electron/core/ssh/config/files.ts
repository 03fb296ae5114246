import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { underHome } from "../paths.ts";
import { wild } from "../trust/knownHosts.ts";
import { type Directive, parseLines } from "./lines.ts";

/** What was read, and what was left out with the reason: an `Include` that goes in a circle, a file too large. */
export interface ConfigFiles {
  directives: Directive[];
  problems: ConfigProblem[];
}

export interface ConfigProblem {
  kind: "loop" | "too-deep" | "too-large" | "unreadable";
  /** `file:line` of the `Include`, or the file itself. */
  source: string;
}

/** OpenSSH's own limit of nested includes. */
const maxDepth = 16;
const maxFiles = 256;
const maxBytes = 1024 * 1024;

/** Reads a configuration with all that it includes. A file that is not there is an empty one, as it is for OpenSSH. */
export async function readConfig(file: string, home: string): Promise<ConfigFiles> {
  const problems: ConfigProblem[] = [];
  const folder = dirname(file);
  let files = 0;

  async function read(path: string, above: readonly string[], from: string): Promise<Directive[]> {
    if (above.includes(path)) return skip("loop", from);
    if (above.length > maxDepth || files >= maxFiles) return skip("too-deep", from);
    files += 1;
    const text = await textOf(path);
    if (text === null) return [];
    if (typeof text !== "string") return skip(text.kind, path);
    const directives = parseLines(text, path);
    for (const directive of directives) {
      if (directive.keyword !== "include") continue;
      const brought: Directive[] = [];
      for (const name of await namesOf(directive.args)) {
        brought.push(...(await read(name, [...above, path], directive.source)));
      }
      directive.included = brought;
    }
    return directives;
  }

  function skip(kind: ConfigProblem["kind"], source: string): [] {
    problems.push({ kind, source });
    return [];
  }

  async function namesOf(patterns: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const pattern of patterns) {
      const homely = underHome(pattern, home);
      const path = isAbsolute(homely) ? homely : join(folder, homely);
      found.push(...(/[*?]/.test(basename(path)) ? await matching(path) : [path]));
    }
    return found.sort();
  }

  return { directives: await read(file, [], file), problems };
}

/** Files of one folder by pattern, without the hidden ones, as glob(7) has it. */
async function matching(pattern: string): Promise<string[]> {
  const [folder, last] = [dirname(pattern), basename(pattern)];
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name[0] !== "." && wild(last, name)).map((name) => join(folder, name));
}

async function textOf(path: string): Promise<string | null | { kind: "too-large" | "unreadable" }> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return null;
    return info.size > maxBytes ? { kind: "too-large" } : await readFile(path, "utf8");
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
    return code === "ENOENT" || code === "ENOTDIR" ? null : { kind: "unreadable" };
  }
}
