/** What the parts of this room share: which servers are known, and where their records are. */
import type { NotebookRow } from "../../contract/index.ts";
import { Failure } from "../failure.ts";
import { sameServer } from "./find.ts";
import { judge } from "./judge.ts";
import { Known } from "./known.ts";
import { type NotebookRecord, notebookIdOf, withRecord } from "./records.ts";
import type { NotebooksDeps } from "./service.ts";
import { type FoundAt, type NotebookTimings, nameOfServer } from "./types.ts";

export interface Room {
  deps: NotebooksDeps;
  timings: NotebookTimings;
  known: Map<string, Known>;
  recordOf(id: string): NotebookRecord | undefined;
  remember(id: string, change: Partial<NotebookRecord>): Promise<unknown>;
  /** `NOT_FOUND` */
  knownOf(notebookId: string): Known;
  changed(one: Known): void;
  /** Nobody sees it any more. */
  drop(one: Known): void;
  /** Takes what was found in one place; what was there before and is not now has stopped. */
  take(hostId: string, found: readonly FoundAt[], covers: (one: Known) => boolean): void;
  isOurs(one: Known): boolean;
  rowOf(one: Known): NotebookRow;
}

export function createRoom(deps: NotebooksDeps, timings: NotebookTimings): Room {
  const { store, hosts, clock } = deps;
  const known = new Map<string, Known>();
  const recordOf = (id: string) => store.get().notebooks.find((record) => record.id === id);
  const idOf = (hostId: string, at: FoundAt) => notebookIdOf(hostId, at.place, at.server);

  /** Those that are open, or were there, first: one of them may be back at another port. */
  function takeKnown(hostId: string, left: FoundAt[], one: Known): boolean {
    const same =
      one.local === null
        ? left.find((at) => idOf(hostId, at) === one.id)
        : sameServer(
            one.at.server,
            left.filter((at) => one.sits(at.place)),
          );
    if (!same) return false;
    left.splice(left.indexOf(same), 1);
    one.take(same);
    return true;
  }

  const room: Room = {
    deps,
    timings,
    known,
    recordOf,
    remember: (id, change) => store.update((file) => withRecord(file, id, change)),
    knownOf(notebookId) {
      const one = known.get(notebookId);
      if (one === undefined) throw new Failure("NOT_FOUND", { what: "notebook", id: notebookId });
      return one;
    },
    changed: (one) => deps.onChange(one.hostId),
    drop(one) {
      one.dispose();
      known.delete(one.id);
    },
    take(hostId, found, covers) {
      const before = [...known.values()].filter((one) => one.hostId === hostId && covers(one));
      const left = [...found];
      const gone = before.filter((one) => !takeKnown(hostId, left, one));
      for (const at of left) {
        const id = idOf(hostId, at);
        if (!known.has(id)) known.set(id, new Known(id, hostId, at));
      }
      for (const one of gone) {
        one.running = false;
        if (one.local === null) room.drop(one);
      }
    },
    isOurs(one) {
      const { place } = one.at;
      if (place.kind === "container") return deps.containers.isOurs(place.containerId);
      return (recordOf(one.id)?.ours ?? null) !== null;
    },
    rowOf(one) {
      const { server, place } = one.at;
      const { basePath, folder, login, port, program, socket, version } = server;
      return {
        ...{ id: one.id, hostId: one.hostId, host: hosts.about(one.hostId), place },
        ...{ port, socket, basePath, folder, version, program, login },
        tls: server.secure ? { certificate: recordOf(one.id)?.certificate ?? null } : null,
        ours: room.isOurs(one),
        running: one.running,
        findings: one.running ? judge(one.at) : [],
        activity: one.running ? one.activity : null,
        idle: one.isIdle(clock.now(), timings.idleMs),
        problem: one.problem,
        local: one.local === null ? null : { port: one.local.port, state: one.local.state },
      };
    },
  };
  return room;
}

/** What a person calls it: its folder, and the host. */
export function titleOf({ at }: Known, host: string): string {
  return [at.server.folder.split("/").at(-1) || nameOfServer(at.server), host]
    .filter(Boolean)
    .join(" · ")
    .slice(0, 120);
}
