import { posix } from "node:path";
import { FileError, type FileStat } from "./files.ts";
import type { Call, Program } from "./run.ts";

/** Who runs the programs of a machine. */
export interface Identity {
  uid: number;
  gid: number;
  user: string;
  groups: readonly { gid: number; name: string }[];
}

export interface BasicsOptions {
  identity: Identity;
  hostname: string;
  now(): number;
  /** `uname` fields of the kernel. */
  kernel: { release: string; version: string; machine: string };
  /** User and group names by number, for `stat` and `ls`. */
  userName(uid: number): string;
  groupName(gid: number): string;
  cpus: number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The programs that every simulated machine has. */
export function basicPrograms(options: BasicsOptions): Map<string, Program> {
  return new Map<string, Program>([
    ["true", () => 0],
    ["false", () => 1],
    ["echo", echo],
    ["printf", printf],
    ["cat", cat],
    ["head", (call) => edges(call, "head")],
    ["tail", (call) => edges(call, "tail")],
    ["wc", wc],
    ["ls", (call) => ls(call, options)],
    ["stat", (call) => stat(call, options)],
    ["readlink", (call) => call.out(`${call.argv.at(-1) ?? ""}\n`) ?? 0],
    ["test", test],
    ["[", test],
    ["id", (call) => id(call, options.identity)],
    ["whoami", async (call) => print(call, `${options.identity.user}\n`)],
    ["hostname", async (call) => print(call, `${options.hostname}\n`)],
    ["nproc", async (call) => print(call, `${options.cpus}\n`)],
    ["uname", (call) => uname(call, options)],
    ["date", (call) => date(call, options.now())],
    ["env", env],
    ["printenv", printenv],
    ["sh", sh],
    ["bash", sh],
    ["timeout", (call) => call.run(call.argv.slice(2))],
    ["sleep", (call) => sleep(call, options)],
    ["mkdir", mkdir],
    ["mv", (call) => files(call, 2, ([from = "", to = ""]) => call.files.rename(from, to))],
    ["rm", rm],
    ["chmod", chmod],
    ["touch", touch],
    ["tee", tee],
  ] as [string, Program][]);
}

/** Prints and answers 0: what most programs end with. */
export async function print(call: Call, text: string): Promise<number> {
  await call.out(text);
  return 0;
}

/** Complains on standard error and answers `status`. */
export async function complain(call: Call, text: string, status = 1): Promise<number> {
  await call.err(`${text}\n`);
  return status;
}

/** All of a program's input, at most 1 MiB. */
export async function readInput(call: Call): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of call.stdin) {
    size += chunk.length;
    if (size > 1_048_576) throw new FileError("ENOSPC");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function operands(argv: readonly string[]): string[] {
  return argv.slice(1).filter((word) => !word.startsWith("-") || word === "-");
}

async function echo(call: Call): Promise<number> {
  const plain = call.argv[1] === "-n";
  return print(call, call.argv.slice(plain ? 2 : 1).join(" ") + (plain ? "" : "\n"));
}

async function printf(call: Call): Promise<number> {
  const [, format = "", ...args] = call.argv;
  const values = [...args];
  const escaped = (text: string) =>
    text.replace(/\\(n|t|\\|0|033|x1b|e)/g, (_, code: string) => {
      const table: Record<string, string> = { n: "\n", t: "\t", "\\": "\\", "0": "\0" };
      return table[code] ?? "\u001b";
    });
  const once = () =>
    escaped(format).replace(/%([sd%])/g, (_, kind: string) => (kind === "%" ? "%" : (values.shift() ?? "")));
  let text = once();
  while (values.length > 0 && /%[sd]/.test(format)) text += once();
  return print(call, text);
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

async function ls(call: Call, options: BasicsOptions): Promise<number> {
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

async function stat(call: Call, options: BasicsOptions): Promise<number> {
  let format: string | null = null;
  const names: string[] = [];
  for (let index = 1; index < call.argv.length; index += 1) {
    const word = call.argv[index] ?? "";
    if (word === "-c" || word === "--format") {
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

function statField(key: string, name: string, found: FileStat, options: BasicsOptions): string {
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

async function id(call: Call, who: Identity): Promise<number> {
  const groups = who.groups.some(({ gid }) => gid === who.gid)
    ? who.groups
    : [{ gid: who.gid, name: "" }, ...who.groups];
  const numeric = new Map([
    ["-u", String(who.uid)],
    ["-g", String(who.gid)],
    ["-un", who.user],
    ["-G", groups.map(({ gid }) => gid).join(" ")],
    ["-Gn", groups.map(({ gid, name }) => name || String(gid)).join(" ")],
  ]).get(call.argv.slice(1).join(" ").replace("-n -u", "-un").replace("-u -n", "-un"));
  if (numeric !== undefined) return print(call, `${numeric}\n`);
  const named = (number: number, name: string) => (name === "" ? String(number) : `${number}(${name})`);
  const own = groups.find(({ gid }) => gid === who.gid)?.name ?? "";
  const list = groups.map(({ gid, name }) => named(gid, name)).join(",");
  return print(call, `uid=${named(who.uid, who.user)} gid=${named(who.gid, own)} groups=${list}\n`);
}

async function uname(call: Call, { kernel, hostname }: BasicsOptions): Promise<number> {
  const flags = call.argv.slice(1).join("").replaceAll("-", "") || "s";
  const order = flags.includes("a") ? "snrvmo" : [..."snrvmo"].filter((flag) => flags.includes(flag)).join("");
  const fields: Record<string, string> = {
    s: "Linux",
    n: hostname,
    r: kernel.release,
    v: kernel.version,
    m: kernel.machine,
    o: "GNU/Linux",
  };
  return print(call, `${[...order].map((flag) => fields[flag]).join(" ")}\n`);
}

async function date(call: Call, now: number): Promise<number> {
  const format = call.argv.find((word) => word.startsWith("+"));
  const seconds = Math.floor(now / 1000);
  const nanos = String(Math.floor(now % 1000))
    .padStart(3, "0")
    .padEnd(9, "0");
  if (format === undefined) return print(call, `${new Date(now).toUTCString()}\n`);
  return print(call, `${format.slice(1).replaceAll("%s", String(seconds)).replaceAll("%N", nanos)}\n`);
}

async function env(call: Call): Promise<number> {
  const added: Record<string, string> = {};
  let index = 1;
  for (; index < call.argv.length; index += 1) {
    const word = call.argv[index] ?? "";
    const equals = word.indexOf("=");
    if (word === "-i" || word === "--") continue;
    if (equals <= 0) break;
    added[word.slice(0, equals)] = word.slice(equals + 1);
  }
  if (index < call.argv.length) return call.run(call.argv.slice(index), added);
  const all = Object.entries({ ...call.env, ...added });
  return print(call, all.map(([name, value]) => `${name}=${value}\n`).join(""));
}

async function printenv(call: Call): Promise<number> {
  const name = call.argv[1];
  if (name === undefined) return env(call);
  const value = Object.hasOwn(call.env, name) ? call.env[name] : undefined;
  return value === undefined ? 1 : print(call, `${value}\n`);
}

/** `sh -c SCRIPT [NAME ARGS…]`, `sh -s` and `sh` with the script as input. */
async function sh(call: Call): Promise<number> {
  const command = call.argv.findIndex((word, index) => index > 0 && /^-[a-z]*c$/.test(word));
  if (command > 0) {
    const [script = "", ...args] = call.argv.slice(command + 1);
    return call.script(script, args.length === 0 ? ["sh"] : args);
  }
  const rest = call.argv.slice(1).filter((word) => !word.startsWith("-"));
  return call.script((await readInput(call)).toString("utf8"), ["sh", ...rest]);
}

async function sleep(call: Call, options: BasicsOptions): Promise<number> {
  const seconds = Number(call.argv[1] === "infinity" ? 1e6 : call.argv[1]);
  if (!Number.isFinite(seconds)) return complain(call, `sleep: invalid time interval '${call.argv[1] ?? ""}'`);
  await options.sleep(Math.min(seconds * 1000, 2 ** 31 - 1), call.signal);
  return call.signal.aborted ? 143 : 0;
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
