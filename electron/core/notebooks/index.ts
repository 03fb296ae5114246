/** Jupyter: finding servers, starting them, and opening them without a key in sight. */
import { Failure, isFailure } from "../failure.ts";
import { endKernel } from "./api.ts";
import { findInContainers, findOnHost } from "./find.ts";
import { kernelsOf } from "./kernels.ts";
import { createOpening } from "./opening.ts";
import { createReach, type Reach } from "./reach.ts";
import { createRoom, type Room } from "./room.ts";
import { startRounds } from "./rounds.ts";
import type { Notebooks, NotebooksDeps } from "./service.ts";
import { createStarting, notOurs } from "./starting.ts";
import { defaultTimings, nameOfServer } from "./types.ts";

export { type NotebookFile, notebookFile } from "./records.ts";
export type { Notebooks, NotebooksDeps } from "./service.ts";
export type { NotebookTimings } from "./types.ts";

export function createNotebooks(deps: NotebooksDeps): Notebooks {
  const { hosts } = deps;
  const room = createRoom(deps, { ...defaultTimings, ...deps.timings });
  const { known, knownOf, changed } = room;
  const reach = createReach(room);
  const opening = createOpening(room, reach);
  const starting = createStarting(room, reach);
  const rounds = startRounds(room, reach);

  return {
    list: () => [...known.values()].map(room.rowOf),
    async refresh(hostId, signal) {
      const ids = hostId === undefined ? hosts.reached() : [hostId];
      const reached = new Set(hosts.reached());
      for (const one of [...known.values()]) {
        if (hosts.about(one.hostId) === null && one.local === null) known.delete(one.id);
        else if (!reached.has(one.hostId)) one.running = one.local !== null && one.running;
      }
      const looks = await Promise.all(
        ids.map(async (id) => {
          try {
            await lookAt(room, reach, id, signal);
            return null;
          } catch (error) {
            if (!isFailure(error) || error.code === "CANCELLED" || hostId !== undefined) throw error;
            return { hostId: id, problem: { code: error.code, details: { ...error.details } } };
          }
        }),
      );
      return looks.filter((look) => look !== null);
    },
    async start({ hostId, program, folder }, signal) {
      const one = await starting.start(hostId, { program, folder }, null, signal);
      await reach.readStatus(one, signal);
      changed(one);
      return one.id;
    },
    open: (notebookId, signal) => opening.open(knownOf(notebookId), signal),
    kernels: (notebookId, signal) => kernelsOf(room, reach, knownOf(notebookId), { signal }),
    async stopKernel(notebookId, kernelId, signal) {
      const one = knownOf(notebookId);
      await reach.asked(one, (ask) => endKernel(ask, kernelId, { signal }));
      await reach.readStatus(one, signal);
      changed(one);
    },
    async stop(notebookId, confirm, signal) {
      const one = knownOf(notebookId);
      if (confirm !== nameOfServer(one.at.server)) {
        throw new Failure("BAD_INPUT", { field: "confirm", reason: "the port does not match" });
      }
      await starting.end(one, signal);
      await opening.close(one);
      deps.onChange(one.hostId);
    },
    async trust(notebookId, certificate, signal) {
      const one = knownOf(notebookId);
      if (!one.at.server.secure) throw new Failure("CONFLICT", { what: "notebook", name: "it speaks no TLS" });
      await room.remember(one.id, { certificate });
      await reach.readStatus(one, signal);
      one.local?.poll();
      changed(one);
    },
    async close(notebookId, renew, signal) {
      const one = knownOf(notebookId);
      if (renew && !room.isOurs(one)) throw notOurs();
      await opening.close(one);
      if (renew) {
        await starting.renew(one, signal);
        if (one.at.place.kind === "container") await lookAt(room, reach, one.hostId, signal);
      }
      deps.onChange(one.hostId);
    },
    wake() {
      for (const { local } of known.values()) local?.poll();
    },
    async dispose() {
      rounds.dispose();
      await Promise.all([...known.values()].map(({ local }) => local?.close()));
      for (const one of known.values()) one.dispose();
      known.clear();
      await deps.ways.dispose();
    },
  };
}

/** Looks for servers on a host and in its containers, and asks each what it does. */
async function lookAt(room: Room, reach: Reach, hostId: string, signal: AbortSignal | undefined): Promise<void> {
  const { deps, timings, known } = room;
  const { hosts } = deps;
  const find = { registrar: deps.registrar, lookMs: timings.lookMs };
  const onHost = await findOnHost(find, hosts.linkOf(hostId), true, { signal });
  room.take(hostId, onHost, (one) => one.at.place.kind === "host");
  const inContainers = await (async () => findInContainers(find, hosts.engineOf(hostId), { signal }))().catch(
    (error: unknown) => {
      // A host without an engine has no containers.
      if (isFailure(error) && error.code.startsWith("ENGINE_")) return null;
      throw error;
    },
  );
  if (inContainers !== null) room.take(hostId, inContainers, (one) => one.at.place.kind === "container");
  const mine = [...known.values()].filter((one) => one.hostId === hostId && one.running);
  await Promise.all(mine.map((one) => reach.readStatus(one, signal)));
  deps.onChange(hostId);
}
