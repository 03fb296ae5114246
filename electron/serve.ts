/** The browser door: `node dist/serve.mjs [--practice] [--port N] [--no-open] [--data DIR]`. */
import { homedir } from "node:os";
import { join } from "node:path";
import { createCore } from "./core/createCore.ts";
import { keytarKeyring } from "./core/keychain/index.ts";
import { letHeapGrow, nodeForker, systemClock, systemRandom } from "./core/node.ts";
import type { Ports } from "./core/ports.ts";
import { canShowBrowser, type Flags, openBrowserDoor, parseFlags, showInBrowser } from "./shells/browser/index.ts";
import { loadAssets, openableLink } from "./shells/page/index.ts";
import { claimFolder, coreEnvironment, dataFolder, ensurePrivateFolder } from "./shells/place/index.ts";

declare const GATEHOUSE_VERSION: string;

const built = import.meta.dirname;
const { platform, env } = process;
/** Longest clean-up, milliseconds; a host that doesn't answer must not keep the program. */
const CLEAN_UP_MS = 8_000;

async function serve(flags: Flags): Promise<void> {
  const data = flags.data ?? dataFolder({ platform, env, home: homedir() });
  await ensurePrivateFolder(data);
  const claim = await claimFolder(data);
  if (!claim.held) throw new Error(`Gatehouse is already running with ${data} (process ${claim.pid}).`);

  letHeapGrow();
  const clock = systemClock();
  const random = systemRandom();
  const ports: Ports = {
    forker: nodeForker(),
    clock,
    random,
    paths: { data, home: homedir(), assets: join(built, "assets") },
    keyring: keytarKeyring({ clock, random }),
    links: { open: async (url) => void showLink(url) },
    notifier: { notify: () => undefined, badge: () => undefined },
    env: coreEnvironment(env),
  };
  const core = await createCore(ports, {
    version: GATEHOUSE_VERSION,
    actorDoor: "browser",
    practice: flags.practice,
    serverBundle: join(built, "inference-server.mjs"),
  });
  const assets = await loadAssets(join(built, "renderer"));
  const door = await openBrowserDoor({ core, assets, clock, random, port: flags.port });

  const address = door.newAddress();
  console.log(`Gatehouse: ${address}`);
  if (flags.show && canShowBrowser({ platform, env })) showInBrowser(address, platform);
  if (process.stdin.isTTY) process.stdin.on("data", () => console.log(`Gatehouse: ${door.newAddress()}`));

  endOnSignal(async () => {
    await door.dispose();
    await core.dispose();
    await claim.release();
  });
}

function showLink(url: string): void {
  const link = openableLink(url);
  if (link !== null && canShowBrowser({ platform, env })) showInBrowser(link, platform);
}

function endOnSignal(cleanUp: () => Promise<void>): void {
  const end = () => {
    setTimeout(() => process.exit(1), CLEAN_UP_MS).unref();
    cleanUp().then(() => process.exit(0), fail);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

// A bug in one call must not end the sessions of all hosts: it is written down, and the rest goes on.
process.on("unhandledRejection", (error) => console.error(error));
(async () => serve(parseFlags(process.argv.slice(2))))().catch(fail);
