import { setImmediate } from "node:timers/promises";
import type { SeedFile } from "../shell/files.ts";
import { complain, print } from "../shell/io.ts";
import type { Call, Program } from "../shell/run.ts";

/** One thing that a service of the host says again and again. `{n}` counts, `{id}` is made up anew each time. */
interface Saying {
  unit: string;
  who: string;
  pid: number;
  /** syslog's severity. */
  priority: number;
  text: string;
}

const sayings: readonly Saying[] = [
  {
    unit: "docker.service",
    who: "dockerd",
    pid: 812,
    priority: 6,
    text: 'level=info msg="health check of {id} passed"',
  },
  { unit: "gpu-watch.service", who: "gpu-watch", pid: 1204, priority: 6, text: "gpu 0: 61 C, 238 W, 71 % of memory" },
  { unit: "ssh.service", who: "sshd", pid: 990, priority: 6, text: "Accepted publickey for operator from 10.0.4.7" },
  { unit: "gpu-watch.service", who: "gpu-watch", pid: 1204, priority: 4, text: "gpu 1: clocks held back, 84 C" },
  { unit: "cron.service", who: "CRON", pid: 741, priority: 6, text: "(root) CMD (test -x /usr/sbin/anacron)" },
  { unit: "docker.service", who: "dockerd", pid: 812, priority: 6, text: 'level=info msg="sent {n} requests to {id}"' },
  {
    unit: "model-sync.service",
    who: "model-sync",
    pid: 1310,
    priority: 6,
    text: "model weights are up to date, {n} files",
  },
  {
    unit: "model-sync.service",
    who: "model-sync",
    pid: 1310,
    priority: 3,
    text: "mirror 2 did not answer, trying mirror 1",
  },
];
const EVERY_MS = 3_000;
const PAST = 200;
const POLL_MS = 500;
export const hostLogFile = "/var/log/syslog";

export interface HostLogsOptions {
  hostname: string;
  /** Wall clock at which the fleet was started. */
  startedAt: number;
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What the services of a simulated host write: one line every three seconds, the same in its journal and in its file. */
export interface HostLogs {
  seeds: Record<string, SeedFile>;
  programs: [string, Program][];
}

interface Entry extends Saying {
  /** Counts from 0, ten minutes before the start. */
  number: number;
  at: number;
}

export function createHostLogs(options: HostLogsOptions): HostLogs {
  const origin = options.startedAt - PAST * EVERY_MS;
  const count = (): number => Math.max(0, Math.floor((options.now() - origin) / EVERY_MS));

  function entry(number: number): Entry {
    const saying = sayings[(number * 5 + (number >> 3)) % sayings.length] as Saying;
    const id = ((number * 2_654_435_761) % 0xffffffff).toString(16).padStart(8, "0");
    return {
      ...saying,
      number,
      at: origin + number * EVERY_MS,
      text: saying.text.replace("{n}", String(number * 7)).replace("{id}", id),
    };
  }

  function* entries(from: number, unit: string | null): Generator<Entry> {
    for (let number = Math.max(0, from); number < count(); number++) {
      const each = entry(number);
      if (unit === null || each.unit === unit) yield each;
    }
  }

  const line = ({ at, who, pid, text }: Entry): string =>
    `${new Date(at).toISOString()} ${options.hostname} ${who}[${pid}]: ${text}\n`;
  const content = (): string => [...entries(0, null)].map(line).join("");

  return {
    seeds: {
      "/var/log": { type: "directory" },
      [hostLogFile]: { type: "file", mode: 0o644, content },
    },
    programs: [
      ["journalctl", (call) => journalctl(call, entries, count, options)],
      ["systemctl", systemctl],
    ],
  };
}

type Entries = (from: number, unit: string | null) => Generator<Entry>;

async function journalctl(
  call: Call,
  entries: Entries,
  count: () => number,
  options: HostLogsOptions,
): Promise<number> {
  const value = (name: string): string | null => {
    const at = call.argv.indexOf(name);
    return at < 0 ? null : (call.argv[at + 1] ?? null);
  };
  const unit = value("--unit");
  const cursor = value("--after-cursor");
  const [, after] = /^s=practice;i=(\d+)$/.exec(cursor ?? "") ?? [];
  if (cursor !== null && after === undefined) return complain(call, "Failed to seek to cursor: Invalid argument");
  const show = value("--output") === "json" ? json : (each: Entry) => `${each.text}\n`;
  let next = after === undefined ? 0 : Number(after) + 1;
  const past = [...entries(next, unit)];
  const wanted = cursor === null ? past.slice(-Number(value("--lines") ?? 10)) : past;
  next = count();
  for (const each of wanted) await call.out(show(each));
  while (call.argv.includes("-f") && !call.signal.aborted) {
    await options.sleep(POLL_MS, call.signal);
    const fresh = [...entries(next, unit)];
    next = count();
    for (const each of fresh) await call.out(show(each));
  }
  return 0;
}

function json({ number, at, unit, who, pid, priority, text }: Entry): string {
  return `${JSON.stringify({
    __CURSOR: `s=practice;i=${number}`,
    __REALTIME_TIMESTAMP: String(at * 1000),
    _SYSTEMD_UNIT: unit,
    SYSLOG_IDENTIFIER: who,
    _PID: String(pid),
    PRIORITY: String(priority),
    MESSAGE: text,
  })}\n`;
}

function systemctl(call: Call): Promise<number> {
  if (call.argv[1] !== "list-units") return complain(call, "Failed to connect to bus: No such file or directory");
  const units = [...new Set(sayings.map(({ unit }) => unit)), "apt-daily.service"];
  const lines = units.map((unit) =>
    unit === "apt-daily.service" ? `${unit} loaded inactive dead ${unit}` : `${unit} loaded active running ${unit}`,
  );
  return print(call, `${lines.join("\n")}\n`);
}

/**
 * The console's script that follows a file, as one program: the simulated shell has neither functions nor arithmetic.
 * Same arguments, same marks (see the log room's file source); a simulated file only grows.
 */
export async function follow(call: Call, sleep: HostLogsOptions["sleep"]): Promise<number> {
  const [path = "", mark = "", inode = "", offset = "", past = "0"] = call.argv.slice(1);
  const say = (words: string) => call.out(`${mark} ${words}\n`);
  let at: number | null = inode === "" ? null : Number(offset);
  let missing = false;
  while (!call.signal.aborted) {
    const stat = call.files.stat(path);
    if (stat === null) {
      if (!missing) await say("gone");
      missing = true;
    } else if (stat.type === "directory") {
      await say("directory");
      return 0;
    } else {
      missing = false;
      let bytes: Buffer;
      try {
        bytes = call.files.read(path);
      } catch {
        await say("denied");
        return 0;
      }
      at ??= Math.max(0, bytes.length - Number(past));
      if (bytes.length > at) {
        await say(`data 1 ${at}`);
        await call.out(bytes.subarray(at));
        at = bytes.length;
      }
      await say("beat");
    }
    await sleep(POLL_MS, call.signal);
    await setImmediate();
  }
  return 0;
}
