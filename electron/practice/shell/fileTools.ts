import { posix } from "node:path";
import { FileError, type FileStat } from "./files.ts";
import { complain, print, readInput } from "./io.ts";
import type { Call, Program } from "./run.ts";

/** User and group names by number, for `stat` and `ls`. */
export interface FileToolsOptions {
  userName(uid: number): string;
  groupName(gid: number): string;
}

/** The programs that look at files and change them. */
export function fileTools(options: FileToolsOptions): [name: string, program: Program][] {
  return [
    ["cat", cat],
    ["head", (call) => edges(call, "head")],
    ["tail", (call) => edges(call, "tail")],
    ["wc", wc],
    ["ls", (call) => ls(call, options)],
    ["stat", (call) => stat(call, options)],
    ["readlink", (call) => print(call, `${call.argv.at(-1) ?? ""}\n`)],
    ["test", test],
    ["[", test],
    ["mkdir", mkdir],
    ["mv", (call) => files(call, 2, ([from = "", to = ""]) => call.files.rename(from, to))],
    ["rm", rm],
    ["chmod", chmod],
    ["touch", touch],
    ["mktemp", mktemp],
    ["tee", tee],
  ];
}

function operands(argv: readonly string[]): string[] {
  return argv.slice(1).filter((word) => !word.startsWith("-") || word === "-");
}

async function cat(call: Call): Promise<number> {
  const names = operands(call.argv);
  let status = 0;
  for (const name of names.length === 0 ? ["-"] : names) {
    if (name === "-") for await (const chunk of call.stdin) await call.out(chunk);
    else {
      try {
        await call.out(call.files.read(name));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        status = await complain(call, `cat: ${name}: ${error.message}`);
      }
    }
  }
  return status;
}

async function edges(call: Call, which: "head" | "tail"): Promise<number> {
  const flag = call.argv.findIndex((word) => /^-n?\d*$/.test(word));
  const spec = flag < 0 ? "" : (call.argv[flag]?.replace(/^-n?/, "") ?? "");
  const count = flag < 0 ? 10 : Number(spec === "" ? call.argv[flag + 1] : spec);
  const name = call.argv.slice(1).find((word, index) => !word.startsWith("-") && !(spec === "" && index === flag));
  const data = name === undefined ? await readInput(call) : call.files.read(name);
  const lines = data.toString("utf8").split(/(?<=\n)/);
  return print(call, (which === "head" ? lines.slice(0, count) : lines.slice(-count)).join(""));
}

async function wc(call: Call): Promise<number> {
  const data = await readInput(call);
  if (call.argv.includes("-c")) return print(call, `${data.length}\n`);
  return print(call, `${data.toString("latin1").split("\n").length - 1}\n`);
}

function permissions(found: FileStat): string {
  const bits = "rwxrwxrwx";
  const letter = { file: "-", directory: "d", socket: "s" }[found.type];
  const shown = [...bits].map((bit, index) => ((found.mode >> (8 - index)) & 1 ? bit : "-")).join("");
  return letter + (found.mode & 0o1000 ? `${shown.slice(0, 8)}${shown.endsWith("x") ? "t" : "T"}` : shown);
}

async function ls(call: Call, options: FileToolsOptions): Promise<number> {
  const flags = call.argv.filter((word) => word.startsWith("-")).join("");
  const [path = "/"] = operands(call.argv);
  const found = call.files.stat(path);
  if (found === null) return complain(call, `ls: cannot access '${path}': No such file or directory`, 2);
  const single = found.type !== "directory" || flags.includes("d");
  const names = single ? [path] : call.files.list(path);
  if (!flags.includes("l")) return print(call, names.map((name) => `${name}\n`).join(""));
  const rows = names.flatMap((name) => {
    const entry = call.files.stat(single ? name : posix.join(path, name));
    if (entry === null) return [];
    const [user, group] = flags.includes("n")
      ? [String(entry.uid), String(entry.gid)]
      : [options.userName(entry.uid), options.groupName(entry.gid)];
    const when = new Date(entry.modifiedAt).toISOString().slice(5, 16).replace("T", " ");
    return `${permissions(entry)} 1 ${user} ${group} ${entry.size} ${when} ${name}\n`;
  });
  return print(call, (single ? "" : `total ${rows.length * 4}\n`) + rows.join(""));
}

const typeNames = { file: "regular file", directory: "directory", socket: "socket" } as const;

async function stat(call: Call, options: FileToolsOptions): Promise<number> {
  let format: string | null = null;
  const names: string[] = [];
  for (let index = 1; index < call.argv.length; index += 1) {
    const word = call.argv[index] ?? "";
    if (word === "-c" || word === "-Lc" || word === "--format") {
      index += 1;
      format = call.argv[index] ?? "";
    } else if (word.startsWith("--format=") || word.startsWith("--printf=")) format = word.slice(word.indexOf("=") + 1);
    else if (word.startsWith("-c")) format = word.slice(2);
    else if (!word.startsWith("-")) names.push(word);
  }
  let status = 0;
  for (const name of names) {
    const found = call.files.stat(name);
    if (found === null) {
      status = await complain(call, `stat: cannot statx '${name}': No such file or directory`);
      continue;
    }
    await call.out(
      `${(format ?? "%n %F %a %u %g %s").replace(/%([a-zA-Z%])/g, (_, key: string) => statField(key, name, found, options))}\n`,
    );
  }
  return status;
}

function statField(key: string, name: string, found: FileStat, options: FileToolsOptions): string {
  const seconds = Math.floor(found.modifiedAt / 1000);
  const fields = new Map<string, string>([
    ["n", name],
    ["a", found.mode.toString(8)],
    ["A", permissions(found)],
    ["u", String(found.uid)],
    ["g", String(found.gid)],
    ["U", options.userName(found.uid)],
    ["G", options.groupName(found.gid)],
    ["s", String(found.size)],
    ["F", found.type === "file" && found.size === 0 ? "regular empty file" : typeNames[found.type]],
    ["X", String(seconds)],
    ["Y", String(seconds)],
    ["Z", String(seconds)],
    ["h", "1"],
    ["%", "%"],
  ]);
  return fields.get(key) ?? "?";
}

async function test(call: Call): Promise<number> {
  const bracket = call.argv[0] === "[";
  if (bracket && call.argv.at(-1) !== "]") return complain(call, "sh: 1: [: missing ]", 2);
  const args = call.argv.slice(1, bracket ? -1 : undefined);
  if (args[0] === "!") return Number(evaluate(call, args.slice(1)));
  const result = evaluate(call, args);
  return Number(!result);
}

function evaluate(call: Call, args: readonly string[]): boolean {
  const [first = "", second = "", third = ""] = args;
  if (args.length === 0) return false;
  if (args.length === 1) return first !== "";
  if (args.length === 3) {
    const numbers = [Number(first), Number(third)] as const;
    const binary: Record<string, boolean> = {
      "=": first === third,
      "!=": first !== third,
      "-eq": numbers[0] === numbers[1],
      "-ne": numbers[0] !== numbers[1],
      "-lt": numbers[0] < numbers[1],
      "-gt": numbers[0] > numbers[1],
      "-le": numbers[0] <= numbers[1],
      "-ge": numbers[0] >= numbers[1],
    };
    return binary[second] ?? false;
  }
  if (first === "-n") return second !== "";
  if (first === "-z") return second === "";
  const found = call.files.stat(second);
  if (found === null) return false;
  if (first === "-S") return found.type === "socket";
  if (first === "-f") return found.type === "file";
  if (first === "-d") return found.type === "directory";
  if (first === "-s") return found.size > 0;
  return ["-e", "-r", "-w", "-x"].includes(first);
}

/** Runs `work` on the operands and turns a file error into the program's own message. */
async function files(call: Call, need: number, work: (names: string[]) => void): Promise<number> {
  const names = operands(call.argv);
  const [program = ""] = call.argv;
  if (names.length < need) return complain(call, `${program}: missing operand`);
  try {
    work(names);
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return complain(call, `${program}: cannot access '${names.join("' '")}': ${error.message}`);
  }
}

function mkdir(call: Call): Promise<number> {
  const parents = call.argv.some((word) => /^-[a-z]*p/.test(word));
  const flag = call.argv.indexOf("-m");
  const mode = flag < 0 ? 0o777 & ~call.umask : Number.parseInt(call.argv[flag + 1] ?? "755", 8);
  return files(call, 1, (names) => {
    for (const name of names) {
      if (flag >= 0 && name === call.argv[flag + 1]) continue;
      if (parents && call.files.stat(name) !== null) continue;
      call.files.makeDirectory(name, mode);
    }
  });
}

function rm(call: Call): Promise<number> {
  const force = call.argv.some((word) => /^-[a-z]*f/.test(word));
  return files(call, force ? 0 : 1, (names) => {
    for (const name of names) if (!force || call.files.stat(name) !== null) call.files.remove(name);
  });
}

function chmod(call: Call): Promise<number> {
  return files(call, 2, ([mode = "", ...names]) => {
    for (const name of names) call.files.changeMode(name, Number.parseInt(mode, 8));
  });
}

async function mktemp(call: Call): Promise<number> {
  for (let n = 1; n <= 100; n += 1) {
    const path = `/tmp/tmp.${String(n).padStart(10, "0")}`;
    if (call.files.stat(path) !== null) continue;
    call.files.write(path, Buffer.alloc(0), 0o600, false);
    return print(call, `${path}\n`);
  }
  return complain(call, "mktemp: failed to create file: File exists");
}

async function touch(call: Call): Promise<number> {
  for (const name of operands(call.argv)) {
    try {
      call.files.write(name, Buffer.alloc(0), 0o666 & ~call.umask, true);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return complain(call, `touch: cannot touch '${name}': ${error.message}`);
    }
  }
  return 0;
}

async function tee(call: Call): Promise<number> {
  const data = await readInput(call);
  await call.out(data);
  return files(call, 0, (names) => {
    for (const name of names) call.files.write(name, data, 0o666 & ~call.umask, call.argv.includes("-a"));
  });
}
