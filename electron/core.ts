/** The core in the desktop door's utility process. Main starts it, and hands it a port for each window. */
import { join } from "node:path";
import { RPCHandler } from "@orpc/server/message-port";
import { createCore } from "./core/createCore.ts";
import { keytarKeyring } from "./core/keychain/index.ts";
import { letHeapGrow, systemClock, systemRandom } from "./core/node.ts";
import { claimFolder, coreEnvironment } from "./shells/place/index.ts";
import { linkToMain, type StartMessage } from "./shells/utility/index.ts";

declare const GATEHOUSE_VERSION: string;

const built = import.meta.dirname;

async function start({ data, home, practice }: StartMessage) {
  const claim = await claimFolder(data);
  if (!claim.held) throw new Error(`Gatehouse is already running with ${data} (process ${claim.pid}).`);
  letHeapGrow();
  const clock = systemClock();
  const random = systemRandom();
  const core = await createCore(
    {
      forker: main.forker,
      clock,
      random,
      paths: { data, home, assets: join(built, "assets") },
      keyring: keytarKeyring({ clock, random }),
      links: main.links,
      notifier: main.notifier,
      notebookWindows: main.notebookWindows,
      env: coreEnvironment(process.env),
    },
    { version: GATEHOUSE_VERSION, actorDoor: "desktop", practice, serverBundle: join(built, "inference-server.mjs") },
  );
  return { core, claim, handler: new RPCHandler(core.router) };
}

const main = linkToMain(process.parentPort, {
  async client(port, userAgent) {
    const { core, handler } = await running;
    handler.upgrade(port, { context: core.context({ address: "local", userAgent }) });
    port.start();
  },
  async wake() {
    (await running).core.wake();
  },
  async stop() {
    const { core, claim } = await running;
    await core.dispose();
    await claim.release();
    process.exit(0);
  },
});

// A bug in one call must not end the sessions of all hosts: it is written down, and the rest goes on.
process.on("unhandledRejection", (error) => console.error(error));

const running = main.started.then(start);
running.then(
  () => main.say({ type: "ready" }),
  (error) => {
    main.say({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
    // Main ends this process when it has read the message.
  },
);
