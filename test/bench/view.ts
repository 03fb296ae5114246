/**
 * The log screen at 10,000 lines a second: the built page in Chromium, over the browser door, on a real log room whose
 * source is made up. Its peer is a window of rows written by hand for this alone, fed with the same lines over the same
 * door. `GATEHOUSE_BENCH_FULL=1` looks for a minute at each.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { type Asset, loadAssets } from "../../electron/shells/page/index.ts";
import { openBrowser, whyNoBrowser } from "../helpers/browser.ts";
import { openLogRig } from "../helpers/logRig.ts";
import { telling } from "../helpers/logStories.ts";
import type { BenchRow } from "./types.ts";
import { type Figures, watched } from "./viewTrace.ts";

const rate = 10_000;
const rounds = 5;
const seconds = process.env.GATEHOUSE_BENCH_FULL === "1" ? 12 : 3;
/** Before one looks, milliseconds: scripts are compiled, the ring fills. */
const warmMs = 2_000;
const size = { width: 1440, height: 900 };
const root = fileURLToPath(new URL("../..", import.meta.url));

type Pages = { ours: ReadonlyMap<string, Asset>; peer: ReadonlyMap<string, Asset> };
type Side = keyof Pages;

async function peerPage(): Promise<ReadonlyMap<string, Asset>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./viewPeer.tsx", import.meta.url))],
    bundle: true,
    minify: true,
    format: "esm",
    jsx: "automatic",
    target: "es2023",
    define: { "process.env.NODE_ENV": '"production"' },
    write: false,
  });
  const css =
    "html,body,#root,.scroll{height:100%;margin:0}.scroll{overflow:auto;contain:strict}.space{position:relative}" +
    ".line{position:absolute;display:flex;gap:10px;font:12px/20px monospace;white-space:pre}";
  const html =
    '<!doctype html><title>peer</title><link rel="stylesheet" href="/peer.css"><div id="root"></div>' +
    '<script type="module" src="/peer.js"></script>';
  const asset = (type: string, body: string | Uint8Array): Asset => ({
    type,
    immutable: false,
    body: Buffer.from(body),
  });
  return new Map([
    ["/", asset("text/html; charset=utf-8", html)],
    ["/peer.css", asset("text/css; charset=utf-8", css)],
    ["/peer.js", asset("text/javascript; charset=utf-8", outputFiles[0]?.contents ?? "")],
  ]);
}

/** A room, a door and a tab of its own for each look, so that none is helped by what went before. */
async function look(browser: Browser, pages: Pages, side: Side): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-view-"));
  const start = telling({ story: "plain", rate, past: 5_000, apartMs: 1 });
  const rig = await openLogRig({
    page: pages[side],
    folder: join(folder, "logs"),
    // Nothing else on the page moves.
    fake: { empty: true },
    source: () => ({ name: "flood", hostName: "orion", start }),
  });
  const page = await browser.newPage({ viewport: size });
  try {
    await page.goto(rig.door.newAddress());
    if (side === "ours") {
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.evaluate(
        (route) => {
          location.hash = route;
        },
        `#/logs/orion/${"e".repeat(12)}`,
      );
    }
    const log = page.getByRole("log");
    await log.waitFor();
    await page.waitForTimeout(warmMs);
    const before = await lastLine(page.getByRole("log"));
    const figures = await watched(browser, page, seconds);
    const went = (await lastLine(page.getByRole("log"))) - before;
    if (went < seconds * rate * 0.5) throw new Error(`${side}: only ${went} lines went by in ${seconds} s`);
    return figures;
  } finally {
    await page.close();
    await rig.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The number in the last line that is shown. */
async function lastLine(log: { innerText(): Promise<string> }): Promise<number> {
  const numbers = [...(await log.innerText()).matchAll(/line (\d+) of/g)].map(([, digits]) => Number(digits));
  return Math.max(0, ...numbers);
}

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const spread = (values: readonly number[]) => `${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)}`;

export async function bench(): Promise<BenchRow[]> {
  const why = whyNoBrowser();
  const names = [`frames a second at ${rate} lines/s`, "longest task", "main thread beside a window by hand"] as const;
  if (why !== null) {
    const absent = { ours: 0, peer: null, peerName: why, goal: 1, higherIsBetter: true, unit: "" };
    return names.map((name) => ({ ...absent, name }));
  }
  const pages: Pages = { ours: await loadAssets(join(root, "dist", "renderer")), peer: await peerPage() };
  const browser = await openBrowser();
  const found: Record<Side, Figures[]> = { ours: [], peer: [] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const side of ["ours", "peer"] as const) found[side].push(await look(browser, pages, side));
    }
  } finally {
    await browser.close();
  }
  const of = (side: Side, figure: keyof Figures) => found[side].map((one) => one[figure]);
  const [fps, longest, busy] = [of("ours", "fps"), of("ours", "longest"), of("ours", "busy")];
  return [
    {
      name: names[0],
      ours: middle(fps),
      peer: 55,
      peerName: "limit",
      unit: "fps",
      higherIsBetter: true,
      goal: 1,
      spread: spread(fps),
    },
    {
      name: names[1],
      ours: Math.max(...longest),
      peer: 50,
      peerName: "limit",
      unit: "ms",
      higherIsBetter: false,
      goal: 1,
      spread: spread(longest),
    },
    {
      name: names[2],
      ours: middle(busy),
      peer: middle(of("peer", "busy")),
      peerName: `by hand, ${middle(of("peer", "fps")).toFixed(0)} fps`,
      unit: "ms a second",
      higherIsBetter: false,
      goal: 1 / 1.6,
      spread: spread(busy),
    },
  ];
}
