import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { Failure } from "../../failure.ts";
import type { Clock } from "../../ports.ts";

/** What a connection runs over: a TCP socket, a channel of a jump host's connection, or a command's input and output. */
export type Wire = Duplex & { readonly bytesRead: number };

const maxSaid = 2_000;

/**
 * `ProxyCommand`: a shell runs it, as OpenSSH has it. It comes from the user's own configuration, and what is filled in
 * for its tokens was checked to hold nothing that a shell would take for its own.
 */
export function commandWire(command: string, env: Readonly<Record<string, string | undefined>>, clock: Clock): Wire {
  if (env.OS === "Windows_NT") throw new Failure("SSH_CONFIG_INVALID", { reason: "ProxyCommand on Windows" });
  const child = spawn("/bin/sh", ["-c", `exec ${command}`], {
    env: { ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  let bytesRead = 0;
  let running = true;
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (running && child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has just ended by itself.
    }
  };
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-maxSaid);
  });
  const wire = new Duplex({
    read: () => child.stdout.resume(),
    // A command that is gone says why at its end; a broken pipe would only hide that.
    write: (chunk: Buffer, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => child.stdin.end(() => done()),
    destroy(error, done) {
      kill("SIGTERM");
      clock.after(1_000, () => kill("SIGKILL"));
      done(error);
    },
  });
  child.stdout.on("data", (chunk: Buffer) => {
    bytesRead += chunk.length;
    if (!wire.push(chunk)) child.stdout.pause();
  });
  // It may break before anybody listens; that must not end the program.
  wire.on("error", () => {});
  child.stdin.on("error", () => {});
  child.once("error", (error) => wire.destroy(error));
  child.once("close", (code) => {
    running = false;
    const last = said.trim().split("\n").at(-1) ?? "";
    if (code === 0 && last === "") wire.push(null);
    else wire.destroy(new Error(`ProxyCommand ended with status ${code}${last === "" ? "" : `: ${last}`}`));
  });
  return Object.defineProperty(wire, "bytesRead", { get: () => bytesRead }) as Wire;
}
