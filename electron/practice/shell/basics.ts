import { type FileToolsOptions, fileTools } from "./fileTools.ts";
import { complain, print, readInput } from "./io.ts";
import type { Processes } from "./processes.ts";
import type { Call, Program } from "./run.ts";
import { textTools } from "./textTools.ts";

/** Who runs the programs of a machine. */
export interface Identity {
  uid: number;
  gid: number;
  user: string;
  groups: readonly { gid: number; name: string }[];
}

export interface BasicsOptions extends FileToolsOptions {
  identity: Identity;
  hostname: string;
  now(): number;
  /** `uname` fields of the kernel. */
  kernel: { release: string; version: string; machine: string };
  cpus: number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** For `kill`. */
  processes?: Processes;
}

/** The programs that every simulated machine has. */
export function basicPrograms(options: BasicsOptions): Map<string, Program> {
  return new Map<string, Program>([
    ["true", () => 0],
    ["false", () => 1],
    ["echo", echo],
    ["printf", printf],
    ...fileTools(options),
    ...textTools,
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
    ["nohup", (call) => call.run(call.argv.slice(1))],
    ["setsid", (call) => call.run(call.argv.slice(1))],
    ["kill", (call) => kill(call, options.processes)],
  ] as [string, Program][]);
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
    if (word === "-u") {
      // A program is not told an empty variable from none.
      index += 1;
      added[call.argv[index] ?? ""] = "";
      continue;
    }
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
    // A script that this shell is too simple for, and that the machine has as a program of the name it goes by.
    if (args[0] === "gatehouse-follow") return call.run(args);
    return call.script(script, args.length === 0 ? ["sh"] : args);
  }
  const rest = call.argv.slice(1).filter((word) => !word.startsWith("-"));
  return call.script((await readInput(call)).toString("utf8"), ["sh", ...rest]);
}

async function kill(call: Call, processes: Processes | undefined): Promise<number> {
  const probe = call.argv[1] === "-0";
  const pid = Number(call.argv.at(-1));
  const there = probe ? processes?.has(pid) : processes?.kill(pid);
  return there === true ? 0 : complain(call, `sh: 1: kill: (${call.argv.at(-1) ?? ""}) - No such process`);
}

async function sleep(call: Call, options: BasicsOptions): Promise<number> {
  const seconds = Number(call.argv[1] === "infinity" ? 1e6 : call.argv[1]);
  if (!Number.isFinite(seconds)) return complain(call, `sleep: invalid time interval '${call.argv[1] ?? ""}'`);
  await options.sleep(Math.min(seconds * 1000, 2 ** 31 - 1), call.signal);
  return call.signal.aborted ? 143 : 0;
}
