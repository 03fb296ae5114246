/** From the command to the printed address, with everything built; and what the first screen weighs. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadAssets } from "../../electron/shells/page/index.ts";
import type { BenchRow } from "./types.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const RUNS = 5;
/** The least that the same Node needs to start, listen and print. */
const BARE = 'require("node:http").createServer().listen(0, "127.0.0.1", () => console.log("http://"))';

async function toAddress(args: readonly string[]): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, GATEHOUSE_DATA: data },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await printed(child, "http://");
    return performance.now() - began;
  } finally {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await gone;
    rmSync(data, { recursive: true, force: true });
  }
}

function printed(child: ChildProcess, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (data) => {
      text += data;
      if (text.includes(wanted)) resolve();
    });
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it printed an address: ${text}`)));
  });
}

async function measure(args: readonly string[]): Promise<{ median: number; spread: string }> {
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run++) times.push(await toAddress(args));
  const sorted = times.slice(1).sort((a, b) => a - b);
  return {
    median: sorted[Math.floor(RUNS / 2)] ?? 0,
    spread: `${Math.round(sorted[0] ?? 0)}–${Math.round(sorted.at(-1) ?? 0)}`,
  };
}

/** Bytes of everything that the page loads before it shows something, as gzip sends them. */
async function firstScreenBytes(): Promise<number> {
  const folder = join(root, "dist", "renderer");
  const assets = await loadAssets(folder);
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const names = new Set([
    "/index.html",
    ...[...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? ""),
  ]);
  // Static imports of the entry come along; what is imported later does not count.
  for (const name of names) {
    const asset = assets.get(name);
    if (asset === undefined || !name.endsWith(".js")) continue;
    for (const match of asset.body.toString("utf8").matchAll(/(?:from|import)\s*["']\.\/([^"']+)["']/g)) {
      names.add(`/assets/${match[1]}`);
    }
  }
  return [...names].reduce((sum, name) => sum + (assets.get(name)?.gzip ?? assets.get(name)?.body ?? "").length, 0);
}

export async function bench(): Promise<BenchRow[]> {
  const time = { unit: "ms", higherIsBetter: false };
  const door = await measure(["scripts/start.mjs", "--browser", "--no-open"]);
  const practice = await measure(["scripts/start.mjs", "--browser", "--no-open", "--practice"]);
  const bare = await measure(["-e", BARE]);
  const programs = readdirSync(join(root, "dist")).filter((name) => name === "serve.mjs").length;
  if (programs !== 1) throw new Error("dist/ is not built");
  return [
    {
      name: "start to the printed address",
      ours: door.median,
      peer: 3000,
      peerName: "limit",
      goal: 1,
      spread: door.spread,
      ...time,
    },
    {
      name: "the same with the practice fleet",
      ours: practice.median,
      peer: 3000,
      peerName: "limit",
      goal: 1,
      spread: practice.spread,
      ...time,
    },
    {
      name: "start beside a bare Node server",
      ours: door.median,
      peer: bare.median,
      peerName: "node http",
      goal: null,
      spread: bare.spread,
      ...time,
    },
    {
      name: "first screen, gzipped",
      ours: (await firstScreenBytes()) / 1000,
      peer: 300,
      peerName: "limit",
      unit: "kB",
      higherIsBetter: false,
      goal: 1,
    },
  ];
}
