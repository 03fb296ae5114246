import { spawn } from "node:child_process";
import { chownSync } from "node:fs";
import { join } from "node:path";
import { builtApp } from "./built.ts";
import { type Client, redeem, socketClient } from "./doors.ts";
import { run, stopChild } from "./lab/process.ts";
import { tempFolder } from "./ports.ts";
import { until } from "./until.ts";

export interface Served {
  /** A client over the WebSocket of the door that the program printed. */
  client: Client;
  /** The program's data folder. */
  data: string;
  pid: number;
  /** All that it printed. */
  output(): string;
  /** Ends it as a service manager does; resolves with the exit status. The data folder stays. */
  stop(): Promise<number | null>;
  cleanup(): void;
}

/** The shipped browser door as a program of its own, with `env` and nothing else of ours. */
export async function startServed(env: Record<string, string>, options: { uid?: number } = {}): Promise<Served> {
  const program = join(await builtApp(), "dist", "serve.mjs");
  const folder = tempFolder("gatehouse-served-");
  const data = join(folder.path, "data");
  // For whoever runs as root: the program is somebody else then.
  const { uid } = options;
  if (uid !== undefined) chownSync(folder.path, uid, uid);
  const child = spawn(process.execPath, [program, "--no-open", "--data", data], {
    env,
    ...(uid === undefined ? {} : { uid, gid: uid }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += String(chunk);
    });
  }
  try {
    const address = await until(
      () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
        return /^Gatehouse: (\S+)$/m.exec(output)?.[1];
      },
      { timeoutMs: 20_000, what: "the door prints its address" },
    );
    const door = await socketClient({ port: Number(new URL(address).port), token: await redeem(address) });
    return {
      client: door.client,
      data,
      pid: child.pid ?? 0,
      output: () => output,
      async stop() {
        if (child.exitCode === null) await door.close();
        await stopChild(child, 12_000);
        return child.exitCode;
      },
      cleanup: folder.cleanup,
    };
  } catch (error) {
    await stopChild(child);
    folder.cleanup();
    throw new Error(`the browser door did not start:\n${output}`, { cause: error });
  }
}

/** What another program finds in the keychain under this name, by the same library in a process of its own. */
export async function inKeychain(
  env: Record<string, string>,
  service: string,
  account: string,
): Promise<string | null> {
  const script = `require("keytar").getPassword(...process.argv.slice(1)).then((found) => process.stdout.write(JSON.stringify(found)))`;
  const cwd = join(import.meta.dirname, "..", "..");
  const { stdout } = await run(process.execPath, ["-e", script, service, account], { env, cwd, timeout: 20_000 });
  return JSON.parse(stdout) as string | null;
}
