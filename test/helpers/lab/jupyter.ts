import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../until.ts";
import { freePort, stopChild, which } from "./process.ts";

/** Why no Jupyter can be started here, or `null`. */
export function jupyterAvailable(): string | null {
  for (const program of ["jupyter-server", "jupyter-notebook", "openssl"]) {
    if (which(program) === null)
      return `${program} is not installed (Debian: jupyter-server jupyter-notebook python3-ipykernel openssl)`;
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
  /** 0 for one on a unix socket. */
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
  /** A certificate of its own, signed by itself. */
  tls?: boolean;
  /** Path of a unix socket in place of a port. */
  socket?: string;
}

/** A key and a certificate that nobody but itself vouches for, in the home. */
export function makeCertificate(home: JupyterHome): { key: string; certificate: string; fingerprint: string } {
  const [key, certificate] = [join(home.dir, "tls.key"), join(home.dir, "tls.crt")];
  const subject = ["-subj", "/CN=lab", "-days", "2", "-nodes"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...subject, "-keyout", key, "-out", certificate], {
    stdio: "ignore",
  });
  return { key, certificate, fingerprint: new X509Certificate(readFileSync(certificate)).fingerprint256 };
}

/** Debian's Jupyter, as a person would start it. */
export async function startJupyter(home: JupyterHome, options: JupyterOptions = {}): Promise<LabJupyter> {
  const { program = "server", ip = "127.0.0.1", socket } = options;
  const port = socket === undefined ? await freePort() : 0;
  const args = [...(options.args ?? [])];
  if (options.tls) args.push(`--keyfile=${join(home.dir, "tls.key")}`, `--certfile=${join(home.dir, "tls.crt")}`);
  args.push(...(socket === undefined ? [`--ip=${ip}`, `--port=${port}`] : [`--sock=${socket}`]));
  let child: ChildProcess;
  const start = async () => {
    const all = [program, "--no-browser", "--allow-root", ...args];
    child = spawn("jupyter", all, {
      cwd: join(home.dir, "work"),
      env: { PATH: process.env.PATH, HOME: home.dir, LC_ALL: "C", ...home.env },
      stdio: ["ignore", "ignore", "ignore"],
    });
    await until(() => runtimeOf(home, port) !== null && answers(socket ?? port), {
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

/** It accepts connections; what it says is for the test. */
function answers(at: string | number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof at === "string" ? connect(at) : connect(at, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
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
