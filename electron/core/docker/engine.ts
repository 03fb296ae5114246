import { inspect } from "node:util";
import { z } from "zod";
import { Failure, isFailure } from "../failure.ts";
import type { Cancellable } from "../ports.ts";
import type { Queued } from "../ssh/index.ts";
import {
  created,
  createdContainer,
  imageHistory,
  inspectedContainer,
  inspectedImage,
  listedContainer,
  listedImage,
  processesOf,
  processTable,
  systemInfo,
} from "./answers/index.ts";
import type { EngineClient } from "./client.ts";
import { runInside } from "./exec.ts";
import { pullImage } from "./pull.ts";
import { type EngineSession, findEngine, type SessionDeps } from "./session.ts";
import { containerStats, engineEvents, logFrames } from "./streams.ts";
import type { ContainerDetail, Engine } from "./types.ts";

const eventTypes = ["container", "image", "network", "daemon"];
/** Containers whose way of logging is remembered. */
const FORMS = 1_000;

/** What of a container's log is settled when it is created. */
interface LogForm {
  tty: boolean;
  logDriver: string;
}

/**
 * The engine of one host. Its socket is looked for at first use; what was found is kept until the link drops or the
 * engine stops answering.
 */
export function createEngine(deps: SessionDeps): Engine {
  const { link, clock } = deps;
  const clients = new Set<EngineClient>();
  /** By full id, which no other container will ever have. */
  const forms = new Map<string, LogForm>();
  let current: Promise<EngineSession> | null = null;
  let disposed = false;

  /** Looks anew at the next call. What still runs over the old client, a log say, goes on. */
  function forget(): void {
    current = null;
  }

  function closeAll(): void {
    forget();
    for (const client of clients) client.dispose();
    clients.clear();
  }

  const stopListening = link.onState(({ phase }) => {
    if (phase === "reconnecting" || phase === "offline") closeAll();
  });

  // Who wants to know while the search waits for a channel.
  const placed = new Set<(place: number) => void>();
  let place = 0;
  const onPlace = (now: number) => {
    place = now;
    for (const tell of placed) tell(place);
  };

  /** One search for all who wait; each may stop waiting on its own. */
  async function session({ signal, onPlace: tell = () => {} }: Cancellable & Queued): Promise<EngineSession> {
    if (disposed) throw new Failure("ENGINE_UNAVAILABLE", { reason: "disposed" });
    if (signal?.aborted) throw new Failure("CANCELLED");
    if (current === null) {
      const finding = findEngine(deps, { onPlace });
      current = finding;
      finding.then(
        ({ client }) => (disposed ? client.dispose() : clients.add(client)),
        () => {
          if (current === finding) forget();
        },
      );
    }
    if (place > 0) tell(place);
    placed.add(tell);
    try {
      return await orAborted(current, signal);
    } finally {
      placed.delete(tell);
    }
  }

  async function use<T>(
    options: (Cancellable & Queued) | undefined,
    work: (client: EngineClient, found: EngineSession) => Promise<T>,
  ) {
    const found = await session({ signal: options?.signal, onPlace: options?.onPlace });
    try {
      return await work(found.client, found);
    } catch (error) {
      // The engine may come back in another version, or behind another socket.
      if (isFailure(error, "ENGINE_UNAVAILABLE")) forget();
      throw error;
    }
  }

  const container = (id: string) => `/containers/${checkedId(id)}`;

  async function inspected(client: EngineClient, id: string, options: Cancellable = {}): Promise<ContainerDetail> {
    const detail = await client.json(inspectedContainer, {
      path: `${container(id)}/json`,
      subject: { id },
      signal: options.signal,
    });
    forms.set(detail.id, { tty: detail.tty, logDriver: detail.logDriver });
    // The oldest goes: asking again costs a moment.
    if (forms.size > FORMS) forms.delete(forms.keys().next().value ?? "");
    return detail;
  }

  async function act(
    id: string,
    verb: string,
    options: Cancellable & { timeoutMs?: number } = {},
    query = {},
  ): Promise<void> {
    const request = { method: "POST", path: `${container(id)}/${verb}`, query, subject: { id }, also: [304] } as const;
    await use(options, (client) => client.done({ ...request, ...options }));
  }

  return {
    info: (options) =>
      use(options, async (client, { client: _, ...found }) => ({
        ...found,
        ...(await client.json(systemInfo, { path: "/info", ...options })),
      })),

    containers: (options) =>
      use(options, (client) =>
        client.json(z.array(listedContainer), { path: "/containers/json", query: { all: true }, ...options }),
      ),

    inspect: (id, options) => use(options, (client) => inspected(client, id, options)),

    images: (options) =>
      use(options, (client) => client.json(z.array(listedImage), { path: "/images/json", ...options })),

    image: (reference, options) =>
      use(options, async (client) => {
        const path = `/images/${checkedReference(reference)}`;
        const subject = { image: reference };
        try {
          const [detail, history] = await Promise.all([
            client.json(inspectedImage, { path: `${path}/json`, subject, ...options }),
            client.json(imageHistory, { path: `${path}/history`, subject, ...options }),
          ]);
          return { ...detail, history: history.map((layer) => layer.CreatedBy) };
        } catch (error) {
          if (isFailure(error, "IMAGE_NOT_FOUND")) return null;
          throw error;
        }
      }),

    pull: (reference, options) => use(options, (client) => pullImage(client, checkedReference(reference), options)),

    createNetwork: (name, { internal, labels, ...options }) =>
      use(options, (client) =>
        client.json(created, {
          method: "POST",
          path: "/networks/create",
          body: { Name: name, Driver: "bridge", Internal: internal, Labels: labels, CheckDuplicate: true },
          subject: { name },
          ...options,
        }),
      ),

    async removeNetwork(name, options) {
      const path = `/networks/${checkedId(name)}`;
      await use(options, (client) =>
        client.done({ method: "DELETE", path, also: [404], subject: { name }, ...options }),
      );
    },

    create: (name, body, options) =>
      use(options, (client) =>
        client.json(createdContainer, {
          method: "POST",
          path: "/containers/create",
          query: { name: checkedId(name) },
          body,
          subject: { name, image: body.Image },
          timeoutMs: 120_000,
          ...options,
        }),
      ),

    start: (id, options) => act(id, "start", { timeoutMs: 120_000, ...options }),
    stop: (id, { graceSeconds = 10, ...options } = {}) =>
      act(id, "stop", { timeoutMs: graceSeconds * 1000 + 30_000, ...options }, { t: graceSeconds }),
    restart: (id, options) => act(id, "restart", { timeoutMs: 60_000, ...options }),

    async remove(id, { force = false, ...options } = {}) {
      const request = { method: "DELETE", path: container(id), query: { force, v: true }, subject: { id } } as const;
      try {
        await use(options, (client) => client.done({ ...request, also: [404], timeoutMs: 60_000, ...options }));
      } catch (error) {
        // Somebody else is at it: what was asked for is being done.
        if (!(isFailure(error, "ENGINE_ERROR") && /already in progress/.test(String(error.details.message))))
          throw error;
      }
    },

    top: (id, options) =>
      use(options, async (client) => {
        // Unlimited width: what is cut off could be what one looks for.
        const query = { ps_args: "-eww -o pid,rss,args" };
        const table = await client.json(processTable, {
          path: `${container(id)}/top`,
          query,
          subject: { id },
          ...options,
        });
        return processesOf(table);
      }),

    exec: (id, argv, options = {}) => use(options, (client) => runInside(client, clock, checkedId(id), argv, options)),

    async *logs(id, { follow, tail = "all", sinceNs, timestamps = false, detail, signal }) {
      const subject = { id };
      const { client } = await session({ signal });
      const since = sinceNs === undefined ? {} : { since: secondsOf(sinceNs) };
      const query = { follow, tail, timestamps, stdout: true, stderr: true, ...since };
      // Both at once: a first line costs one round trip less.
      const asked = client.follow({ path: `${container(id)}/logs`, query, subject, signal });
      asked.catch(() => {});
      const letGo = () =>
        asked.then(
          (stream) => stream.destroy(),
          () => {},
        );
      const form =
        forms.get(id) ??
        (await (detail?.() ?? inspected(client, id, { signal })).catch((error: unknown) => {
          void letGo();
          throw error;
        }));
      if (form.logDriver === "none") {
        void letGo();
        throw new Failure("LOG_DRIVER_UNREADABLE", { id, driver: "none" });
      }
      const stream = await asked.catch((error: unknown) => {
        if (!isFailure(error, "LOG_DRIVER_UNREADABLE")) throw error;
        throw new Failure("LOG_DRIVER_UNREADABLE", { id, driver: form.logDriver });
      });
      yield* logFrames(stream, { tty: form.tty, timestamps, signal });
    },

    async *stats(id, options = {}) {
      const { client } = await session({ signal: options.signal });
      const stream = await client.stream({
        path: `${container(id)}/stats`,
        query: { stream: true },
        subject: { id },
        signal: options.signal,
      });
      yield* containerStats(stream, options.signal, () => clock.now());
    },

    async *events(options = {}) {
      const { client } = await session({ signal: options.signal });
      const since = options.since === undefined ? {} : { since: String(Math.floor(options.since / 1000)) };
      const query = { filters: { type: eventTypes }, ...since };
      const stream = await client.follow({ path: "/events", query, signal: options.signal });
      yield* engineEvents(stream, options.signal);
    },

    dispose() {
      disposed = true;
      stopListening();
      closeAll();
    },

    // It leads to the link, and that to a connection with a private key.
    ...{ [inspect.custom]: () => `Engine { ${link.hostId} }` },
  };
}

/** Ids and names go into paths, so nothing may be in them that a path gives a meaning to. */
function checkedId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/.test(id)) return id;
  throw new Failure("BAD_INPUT", { field: "id", reason: "not an id or name of a container or network" });
}

function checkedReference(reference: string): string {
  const form = /^[a-z0-9A-Z][\w.-]*(?::\d+)?(?:\/[\w][\w.-]*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,128})?$/;
  const isId = /^sha256:[0-9a-f]{64}$/;
  if (reference.length <= 512 && (form.test(reference) || isId.test(reference))) return reference;
  throw new Failure("BAD_INPUT", { field: "image", reason: "not a reference of an image" });
}

/** The engine wants `seconds.nanoseconds`; an RFC 3339 text is an error to it. */
function secondsOf(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, "0")}`;
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Failure("CANCELLED"));
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
