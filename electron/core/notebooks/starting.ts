/** Starting, ending and renewing servers. */
import type { NotebookStart } from "../../contract/index.ts";
import { Failure, isFailure } from "../failure.ts";
import { endServer } from "./api.ts";
import { findOnHost } from "./find.ts";
import type { Known } from "./known.ts";
import type { Reach } from "./reach.ts";
import { demandKey } from "./reach.ts";
import type { Room } from "./room.ts";
import { endOnHost, forgetCookies, startOnHost } from "./start.ts";

/** Ports that a server started from here gets: where nobody else's numbers are. */
const firstFarPort = 38_000;
const farPorts = 2_000;
const startTries = 3;

export interface Starting {
  /** `wish`: the port that it should have, if it is free. */
  start(
    hostId: string,
    input: Pick<NotebookStart, "program" | "folder">,
    wish: number | null,
    signal?: AbortSignal,
  ): Promise<Known>;
  end(one: Known, signal?: AbortSignal): Promise<void>;
  /** Starts a server of ours anew, with another key. `CONFLICT` where it is not ours. */
  renew(one: Known, signal?: AbortSignal): Promise<void>;
}

export function createStarting(room: Room, reach: Reach): Starting {
  const { deps, known, timings } = room;
  const { hosts, random } = deps;
  const find = { registrar: deps.registrar, lookMs: timings.lookMs };

  async function start(
    hostId: string,
    input: Pick<NotebookStart, "program" | "folder">,
    wish: number | null,
    signal?: AbortSignal,
  ): Promise<Known> {
    const link = hosts.linkOf(hostId);
    const options = { timeoutMs: timings.startMs, signal };
    let failure: unknown;
    for (let tries = 0; tries < startTries; tries += 1) {
      const port = wish !== null && tries === 0 ? wish : firstFarPort + (random.bytes(2).readUInt16BE() % farPorts);
      try {
        const pid = await startOnHost(link, input, port, options);
        room.take(hostId, await findOnHost(find, link, false, options), (one) => one.at.place.kind === "host");
        const one = [...known.values()].find(
          (each) => each.hostId === hostId && each.at.place.kind === "host" && each.at.server.pid === pid,
        );
        if (one === undefined) throw new Failure("NOTEBOOK_NOT_STARTED", { reason: "it is not in Jupyter's own list" });
        await room.remember(one.id, { ours: { ...input } });
        return one;
      } catch (error) {
        failure = error;
        if (!isFailure(error, "NOTEBOOK_NOT_STARTED") || !/port/i.test(String(error.details.reason))) throw error;
      }
    }
    throw failure;
  }

  async function end(one: Known, signal?: AbortSignal): Promise<void> {
    const { place, server } = one.at;
    if (place.kind === "container") demandKey(one);
    if (server.login !== "typed") {
      try {
        await reach.asked(one, (ask) => endServer(ask, { signal }));
      } catch (error) {
        if (isFailure(error, "CANCELLED") || place.kind === "container") throw error;
      }
    }
    // Some versions answer before they end, some know no such question: its process tells.
    if (place.kind === "host") await endOnHost(hosts.linkOf(one.hostId), server.pid);
    one.running = false;
  }

  return {
    start,
    end,
    async renew(one, signal) {
      const { place, server } = one.at;
      if (place.kind === "container") return deps.containers.renew(one.hostId, place.containerId, signal);
      const ours = room.recordOf(one.id)?.ours ?? null;
      if (ours === null) throw notOurs();
      await end(one, signal);
      await forgetCookies(hosts.linkOf(one.hostId));
      await reach.readStatus(await start(one.hostId, ours, server.port, signal), signal);
    },
  };
}

export function notOurs(): Failure {
  return new Failure("CONFLICT", { what: "notebook", name: "it was not started from here" });
}
