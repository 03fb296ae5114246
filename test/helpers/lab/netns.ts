/** Hosts in network namespaces of their own, with real addresses and real links between them. Root on Linux alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { run, stopChild, which } from "./process.ts";

/** Why no namespaces can be had here, or `null`. One is made to see. */
export async function netnsMissing(): Promise<string | null> {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  for (const program of ["ip", "iptables"]) {
    if (which(program) === null) return `${program} is not installed (Debian: iproute2, iptables)`;
  }
  return await tried("iptables", "-L", "-n");
}

/** Why the kernel cannot slow a link down by itself, or `null`. */
export async function netemMissing(): Promise<string | null> {
  if (which("tc") === null) return "tc is not installed (Debian: iproute2)";
  return await tried("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms");
}

/** Runs a command in a namespace made for it; what it complained of. */
async function tried(...command: string[]): Promise<string | null> {
  const name = `gatehouse-${process.pid}-${randomInt(16 ** 6).toString(16)}-try`;
  try {
    await ip("netns", "add", name);
    await run("ip", ["netns", "exec", name, ...command]);
    return null;
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr || error).trim();
    return `this kernel or this container does not allow ${command[0] === "tc" ? "netem" : "network namespaces"} (${said})`;
  } finally {
    await removeNetns(name);
  }
}

export interface LabNamespace {
  name: string;
  /** Own address, as its neighbour nearer to us sees it. */
  address: string;
  /** Put before a command, it runs there. */
  within: readonly string[];
  /** Loses every packet in and out without a word, or lets them through again. */
  drop(on: boolean): Promise<void>;
  /** Pulls the cable to the neighbour nearer to us, or puts it back. */
  unplug(on: boolean): Promise<void>;
  spawn(command: readonly string[]): ChildProcess;
  /** Slows the link to the neighbour nearer to us down by the kernel; rejects where it has no `netem`. */
  netem(options: { delayMs: number; lossPercent: number }): Promise<void>;
}

export interface LabNetwork {
  /** Reachable from here. */
  jump: LabNamespace;
  /** Reachable from the jump host alone. */
  gpu: LabNamespace;
  close(): Promise<void>;
}

/** The process is in the name, so that a later run knows whose leftovers it meets. */
const nameOf = /^gatehouse-(\d+)-[0-9a-f]+-\w+$/;

/**
 * `here — jump — gpu`: two links, and nobody forwards from one to the other. Addresses are of the block for benchmarks
 * (RFC 2544, 198.18.0.0/15), which no network of the machine should use.
 */
export async function openNetwork(): Promise<LabNetwork> {
  await sweepNetns();
  const id = randomInt(16 ** 6)
    .toString(16)
    .padStart(6, "0");
  // Eight addresses a network: four for each link.
  const block = randomInt(1 << 14) * 8;
  const address = (at: number) => {
    const all = block + at;
    return `198.${18 + (all >> 16)}.${(all >> 8) & 255}.${all & 255}`;
  };
  const names = { jump: `gatehouse-${process.pid}-${id}-jump`, gpu: `gatehouse-${process.pid}-${id}-gpu` };
  const ends = { here: `gn${id}h`, jump: `gn${id}j`, jumpFar: `gn${id}k`, gpu: `gn${id}g` };
  const close = async () => {
    for (const name of Object.values(names)) await removeNetns(name);
  };
  try {
    for (const name of Object.values(names)) {
      await ip("netns", "add", name);
      await ip("-n", name, "link", "set", "lo", "up");
      // What the machine itself forwards (containers, say) is inherited.
      await run("ip", ["netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=0"]);
    }
    await ip("link", "add", ends.here, "type", "veth", "peer", "name", ends.jump, "netns", names.jump);
    const peer = ["type", "veth", "peer", "name", ends.gpu, "netns", names.gpu];
    await ip("-n", names.jump, "link", "add", ends.jumpFar, ...peer);
    for (const [where, device, at] of [
      [null, ends.here, 1],
      [names.jump, ends.jump, 2],
      [names.jump, ends.jumpFar, 5],
      [names.gpu, ends.gpu, 6],
    ] as const) {
      const inside = where === null ? [] : ["-n", where];
      await ip(...inside, "addr", "add", `${address(at)}/30`, "dev", device);
      await ip(...inside, "link", "set", device, "up");
    }
    return {
      jump: namespace(names.jump, address(2), ends.jump),
      gpu: namespace(names.gpu, address(6), ends.gpu),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function namespace(name: string, address: string, device: string): LabNamespace {
  const within = ["ip", "netns", "exec", name];
  const there = (...command: string[]) => run("ip", ["netns", "exec", name, ...command]);
  return {
    name,
    address,
    within,
    async drop(on) {
      await there("iptables", on ? "-I" : "-D", "INPUT", "!", "-i", "lo", "-j", "DROP");
      await there("iptables", on ? "-I" : "-D", "OUTPUT", "!", "-o", "lo", "-j", "DROP");
    },
    async unplug(on) {
      await ip("-n", name, "link", "set", device, on ? "down" : "up");
    },
    spawn: (command) => spawn("ip", ["netns", "exec", name, ...command], { stdio: ["ignore", "pipe", "inherit"] }),
    async netem({ delayMs, lossPercent }) {
      const rule = ["root", "netem", "delay", `${delayMs}ms`, "loss", `${lossPercent}%`];
      await there("tc", "qdisc", "add", "dev", device, ...rule);
    },
  };
}

/** Removes what runs that were killed have left; those of living processes stay. */
export async function sweepNetns(): Promise<void> {
  const { stdout } = await ip("netns", "list");
  for (const line of stdout.split("\n")) {
    const [name = ""] = line.split(" ");
    const pid = nameOf.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeNetns(name);
  }
}

/** Its processes are killed: a namespace lives as long as one of them. Its links go with it, at both ends. */
async function removeNetns(name: string): Promise<void> {
  const { stdout } = await ip("netns", "pids", name).catch(() => ({ stdout: "" }));
  for (const pid of stdout.split("\n").filter(Boolean)) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {}
  }
  await ip("netns", "delete", name).catch(() => {});
}

function ip(...args: string[]) {
  return run("ip", args);
}

export interface FarHttp {
  port: number;
  child: ChildProcess;
  stop(): Promise<void>;
}

/** An HTTP server on a namespace's own loopback interface; it answers its path. */
export async function startHttp(where: LabNamespace): Promise<FarHttp> {
  const program = `require("node:http").createServer((q, r) => r.end("you asked for " + q.url))
    .listen(0, "127.0.0.1", function () { console.log(this.address().port); });`;
  const child = where.spawn([process.execPath, "-e", program]);
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.once("data", (data) => resolve(Number(data)));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { port, child, stop: () => stopChild(child, 500) };
}
