import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { run, stopChild } from "./lab/process.ts";

export interface Outside {
  address: string;
  port: number;
  stop(): Promise<void>;
}

/**
 * A machine beyond this one, as far as containers can tell: a network namespace of its own behind a routed link, with
 * somebody who listens. What reaches it could reach the world.
 */
export async function startOutside(): Promise<Outside> {
  const name = `gho${randomBytes(4).toString("hex")}`;
  // 198.18.0.0/15 is for tests between networks (RFC 2544).
  const net = `198.18.${randomInt(256)}.${randomInt(64) * 4}`.split(".").map(Number);
  const at = (offset: number) => [...net.slice(0, 3), (net[3] ?? 0) + offset].join(".");
  let child: ChildProcess | null = null;
  const stop = async () => {
    if (child !== null) await stopChild(child);
    await run("ip", ["netns", "del", name]).catch(() => {});
    await run("ip", ["link", "del", name]).catch(() => {});
  };
  try {
    await run("ip", ["netns", "add", name]);
    await run("ip", ["link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name]);
    await run("ip", ["addr", "add", `${at(1)}/30`, "dev", name]);
    await run("ip", ["link", "set", name, "up"]);
    const inside = (...args: string[]) => run("ip", ["-n", name, ...args]);
    await inside("addr", "add", `${at(2)}/30`, "dev", "eth0");
    await inside("link", "set", "eth0", "up");
    await inside("route", "add", "default", "via", at(1));
    const script = `require("net").createServer((socket) => socket.end("hello\\n")).listen(7000, () => console.log("up"))`;
    const listener = spawn("ip", ["netns", "exec", name, process.execPath, "-e", script], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    child = listener;
    await new Promise<void>((resolve, reject) => {
      listener.stdout.once("data", () => resolve());
      listener.once("exit", () => reject(new Error("nobody listens outside")));
    });
    return { address: at(2), port: 7000, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
