/** Jupyter: finding servers, starting them, and opening them without a key in sight. */
import type { NotebookRow, NotebookStart } from "../../contract/index.ts";
import { Failure, isFailure } from "../failure.ts";
import type { Cancellable } from "../ports.ts";
import { nextFreePort, somePort } from "../tunnels/index.ts";
import { type AskDeps, askKernels, askSessions, askStatus, endKernel, endServer } from "./api.ts";
import { doorPath } from "./doorPage.ts";
import { destinationOf, findInContainer, findInContainers, findOnHost, sameServer } from "./find.ts";
import { judge } from "./judge.ts";
import { Known } from "./known.ts";
import { LocalEnd } from "./localEnd.ts";
import { notebookIdOf, withRecord } from "./records.ts";
import type { Notebooks, NotebooksDeps } from "./service.ts";
import { endOnHost, forgetCookies, kernelMemory, startOnHost } from "./start.ts";
import { defaultTimings, type FoundAt } from "./types.ts";

export { type NotebookFile, notebookFile } from "./records.ts";
export type { Notebooks, NotebooksDeps } from "./service.ts";
export type { NotebookTimings } from "./types.ts";

const maxOpen = 64;
/** Ports that a server started from here gets: where nobody else's numbers are. */
const firstFarPort = 38_000;
const farPorts = 2_000;
const startTries = 3;

export function createNotebooks(deps: NotebooksDeps): Notebooks {
  const { store, hosts, clock, random } = deps;
  const timings = { ...defaultTimings, ...deps.timings };
  const find = { registrar: deps.registrar, lookMs: timings.lookMs };
  const known = new Map<string, Known>();

  const recordOf = (id: string) => store.get().notebooks.find((record) => record.id === id);
  const changed = (one: Known) => deps.onChange(one.hostId);

  function knownOf(notebookId: string): Known {
    const one = known.get(notebookId);
    if (one === undefined) throw new Failure("NOT_FOUND", { what: "notebook", id: notebookId });
    return one;
  }

  function rowOf(one: Known): NotebookRow {
    const { server, place } = one.at;
    return {
      id: one.id,
      hostId: one.hostId,
      host: hosts.about(one.hostId),
      place,
      port: server.port,
      basePath: server.basePath,
      folder: server.folder,
      version: server.version,
      program: server.program,
      login: server.login,
      ours: (recordOf(one.id)?.ours ?? null) !== null,
      running: one.running,
      findings: one.running ? judge(one.at) : [],
      activity: one.running ? one.activity : null,
      idle: one.isIdle(clock.now(), timings.idleMs),
      problem: one.problem,
      local: one.local === null ? null : { port: one.local.port, state: one.local.state },
    };
  }

  /** Takes what was found in one place; what was there before and is not now has stopped. */
  function take(hostId: string, found: readonly FoundAt[], covers: (one: Known) => boolean): void {
    const before = [...known.values()].filter((one) => one.hostId === hostId && covers(one));
    const seen = new Set<Known>();
    const left = [...found];
    // Those that are open, or were there, first: one of them may be back at another port.
    for (const one of before) {
      const same =
        one.local === null
          ? left.find((at) => idOf(hostId, at) === one.id)
          : sameServer(
              one.at.server,
              left.filter((at) => one.sits(at.place)),
            );
      if (!same) continue;
      left.splice(left.indexOf(same), 1);
      one.take(same);
      seen.add(one);
    }
    for (const at of left) {
      const id = idOf(hostId, at);
      if (known.has(id)) continue;
      known.set(id, new Known(id, hostId, at));
    }
    for (const one of before) {
      if (seen.has(one)) continue;
      one.running = false;
      if (one.local === null) {
        one.dispose();
        known.delete(one.id);
      }
    }
  }

  const idOf = (hostId: string, at: FoundAt) => notebookIdOf(hostId, at.place, at.server);

  async function lookAt(hostId: string, signal: AbortSignal | undefined): Promise<void> {
    const options = signal === undefined ? {} : { signal };
    take(hostId, await findOnHost(find, hosts.linkOf(hostId), true, options), (one) => one.at.place.kind === "host");
    const inContainers = await (async () => findInContainers(find, hosts.engineOf(hostId), options))().catch(
      (error: unknown) => {
        // A host without an engine has no containers.
        if (isFailure(error) && error.code.startsWith("ENGINE_")) return null;
        throw error;
      },
    );
    if (inContainers !== null) take(hostId, inContainers, (one) => one.at.place.kind === "container");
    const mine = [...known.values()].filter((one) => one.hostId === hostId && one.running);
    await Promise.all(mine.map((one) => readStatus(one, signal)));
    deps.onChange(hostId);
  }

  /** Looks where it was for the server of one notebook; true when its key or its place is another. */
  async function lookAgain(one: Known): Promise<boolean> {
    const { place, server } = one.at;
    const found =
      place.kind === "host"
        ? await findOnHost(find, hosts.linkOf(one.hostId), false)
        : await findInContainer(find, hosts.engineOf(one.hostId), place);
    const same = sameServer(server, found);
    for (const other of found) if (other !== same) other.server.key?.dispose();
    const ran = one.running;
    one.running = same !== null;
    const renewed = same !== null && one.take(same);
    if (renewed || ran !== one.running) changed(one);
    return renewed;
  }

  function askDeps(one: Known): AskDeps {
    const link = hosts.linkOf(one.hostId);
    return {
      async open(signal) {
        const to = await destinationOf(one.at, link, () => hosts.engineOf(one.hostId), { signal });
        return to.kind === "tcp" ? link.openTcp(to.host, to.port, { signal }) : link.openUnix(to.path, { signal });
      },
      clock,
      key: one.key,
      basePath: one.at.server.basePath,
      timeoutMs: timings.askMs,
    };
  }

  /** Asks with the key at hand, and once more with a new one where that is refused. */
  async function asked<T>(one: Known, work: (ask: AskDeps) => Promise<T>): Promise<T> {
    try {
      return await work(askDeps(one));
    } catch (error) {
      const worth = isFailure(error, "NOTEBOOK_LOGIN_NEEDED") || isFailure(error, "NOTEBOOK_DOWN");
      if (!worth || !(await lookAgain(one))) throw error;
      return work(askDeps(one));
    }
  }

  async function readStatus(one: Known, signal?: AbortSignal): Promise<void> {
    if (one.at.server.login === "typed") return;
    try {
      one.noteStatus(await askStatus(askDeps(one), signal === undefined ? {} : { signal }));
      one.problem = null;
    } catch (error) {
      if (isFailure(error, "CANCELLED")) throw error;
      if (!isFailure(error)) throw error;
      one.problem = { code: error.code, details: { ...error.details } };
    }
  }

  async function openLocal(one: Known): Promise<LocalEnd> {
    if (one.local !== null) return one.local;
    if ([...known.values()].filter(({ local }) => local !== null).length >= maxOpen) {
      throw new Failure("LIMIT_REACHED", { what: "open notebooks", limit: maxOpen });
    }
    const port = await portFor(one);
    const way = deps.ways.to(one.hostId);
    way.connect();
    const local = new LocalEnd({
      id: one.id,
      port,
      way,
      clock,
      random,
      timings,
      key: () => one.key,
      basePath: () => one.at.server.basePath,
      startPath: () => startPathOf(one),
      destination: () =>
        one.destination(() => destinationOf(one.at, hosts.linkOf(one.hostId), () => hosts.engineOf(one.hostId))),
      lookAgain: () => lookAgain(one),
      onStatus: (status) => one.noteStatus(status) && changed(one),
      onChange: () => changed(one),
    });
    await local.open();
    one.local = local;
    return local;
  }

  /** The port it had before, when that is free; else another, which it keeps from then on. */
  async function portFor(one: Known): Promise<number> {
    const records = store.get().notebooks;
    const before = recordOf(one.id)?.localPort ?? null;
    const others = new Set(
      records.flatMap(({ id, localPort }) => (id === one.id || localPort === null ? [] : localPort)),
    );
    const port = await nextFreePort("127.0.0.1", before ?? somePort(random), others);
    if (port === null) throw new Failure("LIMIT_REACHED", { what: "local ports", limit: maxOpen });
    if (port !== before) await store.update((file) => withRecord(file, one.id, { localPort: port }));
    return port;
  }

  async function startServer(
    hostId: string,
    input: Pick<NotebookStart, "program" | "folder">,
    wish: number | null,
    signal?: AbortSignal,
  ): Promise<Known> {
    const link = hosts.linkOf(hostId);
    const options = { timeoutMs: timings.startMs, ...(signal === undefined ? {} : { signal }) };
    let failure: unknown;
    for (let tries = 0; tries < startTries; tries += 1) {
      const port = wish !== null && tries === 0 ? wish : firstFarPort + (random.bytes(2).readUInt16BE() % farPorts);
      try {
        const pid = await startOnHost(link, input, port, options);
        take(hostId, await findOnHost(find, link, false, options), (one) => one.at.place.kind === "host");
        const one = [...known.values()].find(
          (each) => each.hostId === hostId && each.at.place.kind === "host" && each.at.server.pid === pid,
        );
        if (one === undefined) throw new Failure("NOTEBOOK_NOT_STARTED", { reason: "it is not in Jupyter's own list" });
        await store.update((file) => withRecord(file, one.id, { ours: { ...input } }));
        return one;
      } catch (error) {
        failure = error;
        if (!isFailure(error, "NOTEBOOK_NOT_STARTED") || !/port/i.test(String(error.details.reason))) throw error;
      }
    }
    throw failure;
  }

  async function endIt(one: Known, signal?: AbortSignal): Promise<void> {
    const { place, server } = one.at;
    const options = signal === undefined ? {} : { signal };
    if (server.login !== "typed") {
      try {
        await asked(one, (ask) => endServer(ask, options));
      } catch (error) {
        if (isFailure(error, "CANCELLED") || place.kind === "container") throw error;
      }
    } else if (place.kind === "container") throw new Failure("NOTEBOOK_LOGIN_NEEDED", { status: 403 });
    // Some versions answer before they end, some know no such question: its process tells.
    if (place.kind === "host") await endOnHost(hosts.linkOf(one.hostId), server.pid);
    one.running = false;
  }

  async function closeLocal(one: Known): Promise<void> {
    const { local } = one;
    one.local = null;
    deps.windows?.close(one.id);
    await local?.close();
    if (!one.running) {
      one.dispose();
      known.delete(one.id);
    }
  }

  return {
    list: () => [...known.values()].map(rowOf),
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
            await lookAt(id, signal);
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
      const one = await startServer(hostId, { program, folder }, null, signal);
      await readStatus(one, signal);
      changed(one);
      return one.id;
    },
    async open(notebookId, signal) {
      const one = knownOf(notebookId);
      const options = signal === undefined ? {} : { signal };
      // Says at once when there is no way at all: TLS, a container without an address.
      await destinationOf(one.at, hosts.linkOf(one.hostId), () => hosts.engineOf(one.hostId), options);
      const local = await openLocal(one);
      const { code, expiresAt } = local.passes.code();
      const url = `http://127.0.0.1:${local.port}${doorPath}#code=${code}`;
      changed(one);
      if (deps.windows === null) return { shown: "link", url, expiresAt };
      deps.windows.open(one.id, titleOf(one, hosts.about(one.hostId)?.name ?? ""), url);
      return { shown: "window" };
    },
    async kernels(notebookId, signal) {
      const one = knownOf(notebookId);
      const options: Cancellable = signal === undefined ? {} : { signal };
      if (one.at.server.login === "typed") throw new Failure("NOTEBOOK_LOGIN_NEEDED", { status: 403 });
      const [rows, sessions, memory] = await Promise.all([
        asked(one, (ask) => askKernels(ask, options)),
        asked(one, (ask) => askSessions(ask, options)).catch(() => []),
        one.at.place.kind === "host" ? kernelMemory(hosts.linkOf(one.hostId), options).catch(() => null) : null,
      ]);
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        state: row.execution_state,
        lastAt: row.last_activity,
        connections: row.connections,
        paths: sessions.filter(({ kernel }) => kernel.id === row.id).map(({ path }) => path),
        memoryBytes: memory?.get(row.id)?.memoryBytes ?? null,
        gpuMemoryBytes: memory?.get(row.id)?.gpuMemoryBytes ?? null,
      }));
    },
    async stopKernel(notebookId, kernelId, signal) {
      const one = knownOf(notebookId);
      await asked(one, (ask) => endKernel(ask, kernelId, signal === undefined ? {} : { signal }));
      await readStatus(one, signal);
      changed(one);
    },
    async stop(notebookId, confirm, signal) {
      const one = knownOf(notebookId);
      if (confirm !== String(one.at.server.port)) {
        throw new Failure("BAD_INPUT", { field: "confirm", reason: "the port does not match" });
      }
      await endIt(one, signal);
      await closeLocal(one);
      deps.onChange(one.hostId);
    },
    async close(notebookId, renew, signal) {
      const one = knownOf(notebookId);
      const ours = recordOf(notebookId)?.ours ?? null;
      if (renew && (ours === null || one.at.place.kind !== "host")) {
        throw new Failure("CONFLICT", { what: "notebook", name: "it was not started from here" });
      }
      const { port } = one.at.server;
      await closeLocal(one);
      if (renew && ours !== null) {
        const link = hosts.linkOf(one.hostId);
        await endIt(one, signal);
        await forgetCookies(link);
        const fresh = await startServer(one.hostId, ours, port, signal);
        await readStatus(fresh, signal);
      }
      deps.onChange(one.hostId);
    },
    wake() {
      for (const { local } of known.values()) local?.poll();
    },
    async dispose() {
      await Promise.all([...known.values()].map(({ local }) => local?.close()));
      for (const one of known.values()) one.dispose();
      known.clear();
      await deps.ways.dispose();
    },
  };
}

/** JupyterLab and Notebook send the root to their first page by themselves. */
function startPathOf(one: Known): string {
  return one.at.server.basePath;
}

function titleOf({ at }: Known, host: string): string {
  return [at.server.folder.split("/").at(-1) || "Jupyter", host].filter(Boolean).join(" · ").slice(0, 120);
}
