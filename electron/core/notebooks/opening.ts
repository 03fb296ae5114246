/** The local ends of notebooks that are open. */
import type { NotebookOpened } from "../../contract/index.ts";
import { Failure, isFailure } from "../failure.ts";
import { nextFreePort, somePort } from "../tunnels/index.ts";
import { doorPath } from "./doorPage.ts";
import type { Known } from "./known.ts";
import { LocalEnd } from "./localEnd.ts";
import type { Reach } from "./reach.ts";
import { type Room, titleOf } from "./room.ts";

const maxOpen = 64;

export interface Opening {
  open(one: Known, signal?: AbortSignal): Promise<NotebookOpened>;
  close(one: Known): Promise<void>;
}

export function createOpening(room: Room, reach: Reach): Opening {
  const { deps, known, timings } = room;
  const { clock, random, store } = deps;

  /** The port it had before, when that is free; else another, which it keeps from then on. */
  async function portFor(one: Known): Promise<number> {
    const before = room.recordOf(one.id)?.localPort ?? null;
    const others = new Set(
      store.get().notebooks.flatMap(({ id, localPort }) => (id === one.id || localPort === null ? [] : localPort)),
    );
    const port = await nextFreePort("127.0.0.1", before ?? somePort(random), others);
    if (port === null) throw new Failure("LIMIT_REACHED", { what: "ports", limit: maxOpen });
    if (port !== before) await room.remember(one.id, { localPort: port });
    return port;
  }

  /** A page that is open makes the server's own "last activity" move; what the kernels did has to be asked for. */
  function onStatus(one: Known, says: Parameters<Known["noteStatus"]>[0]): void {
    if (one.noteStatus(says)) room.changed(one);
    if (says.kernels === 0 || clock.now() - one.kernelsReadAt < timings.kernelsMs) return;
    one.kernelsReadAt = clock.now();
    const idle = one.isIdle(clock.now(), timings.idleMs);
    reach.readKernels(one).then(
      () => one.isIdle(clock.now(), timings.idleMs) !== idle && room.changed(one),
      (error: unknown) => {
        if (!isFailure(error)) throw error;
      },
    );
  }

  async function localOf(one: Known): Promise<LocalEnd> {
    if (one.local !== null) return one.local;
    if ([...known.values()].filter(({ local }) => local !== null).length >= maxOpen) {
      throw new Failure("LIMIT_REACHED", { what: "notebooks", limit: maxOpen });
    }
    const port = await portFor(one);
    const way = deps.ways.to(one.hostId);
    way.connect();
    const local = new LocalEnd({
      ...{ id: one.id, port, way, clock, random, timings },
      language: deps.language,
      key: () => one.key,
      basePath: () => one.at.server.basePath,
      // JupyterLab and Notebook send the root to their first page by themselves.
      startPath: () => one.at.server.basePath,
      open: (way, signal) => reach.through(one, (to) => way.open(to, { signal }), signal),
      lookAgain: () => reach.lookAgain(one),
      onStatus: (says) => onStatus(one, says),
      onChange: () => room.changed(one),
    });
    await local.open();
    one.local = local;
    return local;
  }

  return {
    async open(one, signal) {
      await reach.destination(one, { signal });
      const local = await localOf(one);
      const { code, expiresAt } = local.passes.code();
      const url = `http://127.0.0.1:${local.port}${doorPath}#code=${code}`;
      room.changed(one);
      if (deps.windows === null) return { shown: "link", url, expiresAt };
      deps.windows.open(one.id, titleOf(one, deps.hosts.about(one.hostId)?.name ?? ""), url);
      return { shown: "window" };
    },
    async close(one) {
      const { local } = one;
      one.local = null;
      deps.windows?.close(one.id);
      await local?.close();
      if (!one.running) room.drop(one);
    },
  };
}
