import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../until.ts";
import { run, stopChild, which } from "./process.ts";

/** Why no Docker Engine can be started here, or `null`. */
export function dockerdAvailable(): string | null {
  if (process.platform !== "linux") return "dockerd runs on Linux alone";
  if (process.getuid?.() !== 0) return "dockerd needs root";
  for (const program of ["dockerd", "iptables", "ip"]) {
    if (which(program) === null) return `${program} is not installed (Debian: docker.io iproute2 iptables)`;
  }
  return null;
}

/** Why no image can be made without a registry, or `null`. */
export function busyboxAvailable(): string | null {
  return which("busybox") && which("tar") ? null : "busybox is not installed (Debian: busybox-static)";
}

export interface LabDockerd {
  socket: string;
  dir: string;
  log(): string;
  /** Ends the engine as its service manager does; what it keeps stays. `start` brings it back on the same socket. */
  down(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A private Docker Engine: own folders, own socket, own bridge and own address pool, so that it leaves others on this
 * machine alone (two engines with default settings take each other's docker0). Takes some 3 s.
 */
export async function startDockerd(): Promise<LabDockerd> {
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-dockerd-"));
  const bridge = `ghl${randomBytes(4).toString("hex")}`;
  // 10.64.0.0/10 is seldom used; /20 for each engine, /28 for each network in it.
  const subnet = `10.${64 + randomInt(64)}.${randomInt(16) * 16}`;
  const socket = join(dir, "docker.sock");
  const logFile = join(dir, "dockerd.log");
  await run("ip", ["link", "add", "name", bridge, "type", "bridge"]);
  await run("ip", ["addr", "add", `${subnet}.1/24`, "dev", bridge]);
  await run("ip", ["link", "set", bridge, "up"]);

  const folders = ["--data-root", join(dir, "data"), "--exec-root", join(dir, "exec"), "-p", join(dir, "pid")];
  const pool = `base=${subnet.replace(/\.\d+$/, "")}.${Number(subnet.split(".")[2]) + 8}.0/21,size=28`;
  const network = ["--bridge", bridge, "--default-address-pool", pool];
  const launch = () => {
    const log = openSync(logFile, "a");
    const program = which("dockerd") ?? "dockerd";
    const args = [...folders, ...network, "--shutdown-timeout", "2", "-H", `unix://${socket}`];
    const started = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    return started;
  };
  let child = launch();
  const text = () => (existsSync(logFile) ? readFileSync(logFile, "utf8") : "");

  async function stop(): Promise<void> {
    await emptyEngine(socket).catch(() => {});
    await stopChild(child, 15_000);
    await killLeftovers(dir);
    await unmountUnder(dir);
    await removeRules(bridge);
    await run("ip", ["link", "del", bridge]).catch(() => {});
    rmSync(dir, { recursive: true, force: true });
  }

  const answers = () =>
    until(
      async () => {
        if (child.exitCode !== null) throw new Error(`dockerd ended: ${text().slice(-2000)}`);
        return (await engineCall(socket, "GET", "/_ping")).status === 200;
      },
      { timeoutMs: 60_000, everyMs: 100, what: "dockerd answers" },
    );
  async function start(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) child = launch();
    await answers();
  }

  try {
    await start();
  } catch (error) {
    const tail = text().slice(-2000);
    await stop();
    throw new Error(`dockerd did not come up:\n${tail}`, { cause: error });
  }
  return { socket, dir, log: text, down: () => stopChild(child, 15_000), start, stop };
}

/** A plain call to an engine, independent of the code under test. */
export function engineCall(
  socket: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const data = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      data === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(data) };
    const req = request({ socketPath: socket, method, path, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      res.on("error", reject);
    });
    req.on("error", reject);
    req.end(data);
  });
}

/** Containers and networks go before the engine does: their mounts and bridges would outlive it. */
async function emptyEngine(socket: string): Promise<void> {
  const containers: { Id: string }[] = JSON.parse((await engineCall(socket, "GET", "/containers/json?all=1")).body);
  await Promise.all(containers.map(({ Id }) => engineCall(socket, "DELETE", `/containers/${Id}?force=1&v=1`)));
  await engineCall(socket, "POST", "/networks/prune");
}

/** containerd and the shims carry the folder in their arguments. */
async function killLeftovers(dir: string): Promise<void> {
  const pids = (await run("ps", ["-eo", "pid=,args="])).stdout
    .split("\n")
    .filter((line) => line.includes(`${dir}/exec`) && /containerd/.test(line))
    .map((line) => Number(line.trim().split(" ")[0]));
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
}

async function unmountUnder(dir: string): Promise<void> {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(`${dir}/`))
    .sort((a, b) => b.length - a.length);
  for (const point of points) await run("umount", ["-l", point]).catch(() => {});
}

async function removeRules(bridge: string): Promise<void> {
  for (const table of ["filter", "nat"]) {
    const { stdout } = await run("iptables", ["-t", table, "-S"]).catch(() => ({ stdout: "" }));
    for (const line of stdout.split("\n")) {
      const words = line.split(" ");
      if (words[0] !== "-A" || !words.includes(bridge)) continue;
      await run("iptables", ["-t", table, "-D", ...words.slice(1)]).catch(() => {});
    }
  }
}

export const busyboxTag = "lab/busybox:1";

/**
 * An image with a statically linked busybox (`sh`, `cat`, `sleep`, `id`, …) and a user 1000, made without a registry.
 *
 * @returns its tag
 */
export async function busyboxImage(socket: string, tag: string = busyboxTag): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-busybox-"));
  try {
    const script = [
      'mkdir -p "$1/bin" "$1/etc" "$1/tmp" "$1/run" "$1/proc" "$1/sys" "$1/dev" && chmod 1777 "$1/tmp"',
      'cp "$2" "$1/bin/busybox" && cd "$1/bin"',
      'for name in $("$2" --list); do [ "$name" = busybox ] || ln -s busybox "$name"; done',
      "printf 'root:x:0:0::/:/bin/sh\\nlab:x:1000:1000::/:/bin/sh\\n' > \"$1/etc/passwd\"",
      "printf 'root:x:0:\\nlab:x:1000:\\n' > \"$1/etc/group\"",
    ].join(" && ");
    await run("sh", ["-c", script, "sh", dir, which("busybox") ?? ""]);
    await importFolder(socket, dir, tag);
    return tag;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function importFolder(socket: string, dir: string, tag: string): Promise<void> {
  const [repo, version = "latest"] = tag.split(":");
  const query = new URLSearchParams({ fromSrc: "-", repo: repo ?? "", tag: version });
  query.append("changes", 'CMD ["/bin/sh"]');
  query.append("changes", "ENV PATH=/bin");
  return new Promise((resolve, reject) => {
    const tar = spawn("tar", ["-C", dir, "-c", "."], { stdio: ["ignore", "pipe", "ignore"] });
    const headers = { "content-type": "application/x-tar", "transfer-encoding": "chunked" };
    const path = `/images/create?${query}`;
    const req = request({ socketPath: socket, method: "POST", path, headers, agent: false }, (res) => {
      let text = "";
      res.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      res.on("end", () => (res.statusCode === 200 && !text.includes('"error"') ? resolve() : reject(new Error(text))));
    });
    req.on("error", reject);
    tar.stdout.pipe(req);
  });
}
