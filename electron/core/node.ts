/** Clock, randomness and child programs as plain Node offers them: for the browser door, the tests and the scripts. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import type { Clock, ForkedProgram, Forker, Random } from "./ports.ts";

/** Longest wait a Node timer takes; beyond it a timer would fire at once. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    mono: () => performance.now(),
    after(ms, fn) {
      const timer = setTimeout(fn, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
  };
}

/** How much the heap may grow, in percent of what it holds, before it is gone through. */
const GROWTH = 200;

/**
 * V8 counts the memory of buffers as growth of its heap, and goes through all of the heap when it has grown by 8 MiB: a
 * busy log brings as much in a fifth of a second, and half of what the console did for it was that. Called once, when the
 * process of the core starts. Not in Electron, which may have frozen V8's flags by then.
 */
export function letHeapGrow(): void {
  if (process.versions.electron === undefined) setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
}

/** Random bytes of the operating system; ids are UUIDv7 (RFC 9562 §5.7), strictly rising within one `Random`. */
export function systemRandom(now: () => number = Date.now): Random {
  let lastMs = -1;
  let counter = 0;
  return {
    bytes: (n) => randomBytes(n),
    id() {
      const ms = Math.max(now(), lastMs);
      // RFC 9562 §6.2, method 1: the 12 bits behind the version count up within a millisecond. The start leaves the
      // upper half free, so that 2,048 ids fit before the time field has to run ahead by one.
      counter = ms > lastMs ? randomBytes(2).readUInt16BE() & 0x7ff : counter + 1;
      lastMs = counter > 0xfff ? ms + 1 : ms;
      if (counter > 0xfff) counter = 0;
      return formatUuid7(lastMs, counter, randomBytes(8));
    },
  };
}

function formatUuid7(ms: number, counter: number, tail: Buffer): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  tail.copy(bytes, 8);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** How long a program may take to end after it was asked to. */
const POLITE_MS = 2_000;

/**
 * Runs a bundle of ours with this very Node. The program's standard input stays open as long as we live: one that has
 * to end with us reads it to its end. Its output must be read, or it stops at a full pipe. A program that could not be
 * started at all has no `pid` and exits with 127, as in a shell.
 */
export function nodeForker(): Forker {
  return {
    fork(module, options) {
      const child = spawn(process.execPath, [module, ...(options.args ?? [])], {
        env: options.env,
        stdio: ["pipe", "pipe", "pipe"],
      });
      child.stdin.on("error", () => undefined);
      const exited = new Promise<number | null>((resolve) => {
        child.once("exit", (code) => resolve(code));
        child.once("error", () => resolve(child.pid === undefined ? 127 : child.exitCode));
      });
      return {
        pid: child.pid,
        stdout: child.stdout,
        stderr: child.stderr,
        exited,
        async stop() {
          child.kill("SIGTERM");
          const timer = setTimeout(() => child.kill("SIGKILL"), POLITE_MS);
          await exited;
          clearTimeout(timer);
        },
      } satisfies ForkedProgram;
    },
  };
}
