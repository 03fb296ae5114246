import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../until.ts";
import { freePort, stopChild, which } from "./process.ts";

/** Why no Jupyter can be started here, or `null`. */
export function jupyterAvailable(): string | null {
  for (const program of ["jupyter-server", "jupyter-notebook"]) {
    if (which(program) === null)
      return `${program} is not installed (Debian: jupyter-server jupyter-notebook python3-ipykernel)`;
  }
  return null;
}

/** Folders of a person with Jupyter, apart from those of whoever runs the test. */
export interface JupyterHome {
  dir: string;
  runtime: string;
  /** `NAME=value` of what points Jupyter there. */
  env: Record<string, string>;
  remove(): void;
}

export function jupyterHome(): JupyterHome {
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-jupyter-"));
  const runtime = join(dir, "runtime");
  mkdirSync(runtime, { mode: 0o700 });
  mkdirSync(join(dir, "work"));
  const env = {
    JUPYTER_RUNTIME_DIR: runtime,
    JUPYTER_CONFIG_DIR: join(dir, "config"),
    IPYTHONDIR: join(dir, "ipython"),
  };
  return { dir, runtime, env, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface LabJupyter {
  port: number;
  /** The key that it has now; empty for none. */
  token(): string;
  /** Ends it and starts it anew on the same port, with another key. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface JupyterOptions {
  program?: "server" | "notebook";
  args?: readonly string[];
  ip?: string;
}

/** Debian's Jupyter, as a person would start it. */
export async function startJupyter(home: JupyterHome, options: JupyterOptions = {}): Promise<LabJupyter> {
  const port = await freePort();
  const { program = "server", args = [], ip = "127.0.0.1" } = options;
  let child: ChildProcess;
  const start = async () => {
    const all = [program, "--no-browser", `--ip=${ip}`, `--port=${port}`, "--allow-root", ...args];
    child = spawn("jupyter", all, {
      cwd: join(home.dir, "work"),
      env: { PATH: process.env.PATH, HOME: home.dir, LC_ALL: "C", ...home.env },
      stdio: ["ignore", "ignore", "ignore"],
    });
    await until(() => runtimeOf(home, port) !== null && fetch(`http://127.0.0.1:${port}/api`).then(({ ok }) => ok), {
      timeoutMs: 30_000,
      everyMs: 50,
      what: "Jupyter answers",
    });
  };
  await start();
  return {
    port,
    token: () => String(runtimeOf(home, port)?.token ?? ""),
    async restart() {
      await stopChild(child, 1_000);
      for (const name of readdirSync(home.runtime)) {
        if (/^(jp|nb)server-/.test(name)) rmSync(join(home.runtime, name), { force: true });
      }
      await start();
    },
    stop: () => stopChild(child, 2_000),
  };
}

function runtimeOf(home: JupyterHome, port: number): { token: string } | null {
  for (const name of readdirSync(home.runtime)) {
    if (!/^(jp|nb)server-\d+\.json$/.test(name)) continue;
    try {
      const data = JSON.parse(readFileSync(join(home.runtime, name), "utf8")) as { port: number; token: string };
      if (data.port === port) return data;
    } catch {}
  }
  return null;
}

/** A notebook file to open. */
export function putNotebook(home: JupyterHome, name: string): void {
  const notebook = { cells: [], metadata: { kernelspec: { name: "python3", display_name: "Python 3" } } };
  writeFileSync(join(home.dir, "work", name), JSON.stringify({ ...notebook, nbformat: 4, nbformat_minor: 5 }));
}
