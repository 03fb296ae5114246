/** The steps that make and start the container. */
import { setImmediate } from "node:timers/promises";
import type { ContainerDetail } from "../docker/index.ts";
import { Failure } from "../failure.ts";
import { labelPrefix, toCreateBody } from "../hardening/index.ts";
import { isGone } from "./hostSteps.ts";
import type { Step } from "./perform.ts";
import { pause, type Run } from "./run.ts";

const lastWords = 5;

export const createStep: Step = {
  id: "create",
  limitMs: () => 120_000,
  operation: ({ spec, image, start }) => ({
    severity: "high",
    method: "DOCKER",
    path: "POST /containers/create",
    query: { name: spec.name, image, network: start.networkName ?? "host", gpus: spec.gpus.join(",") },
  }),
  async act(run, signal) {
    const { engine, spec } = run;
    const { id, warnings } = await engine.create(spec.name, bodyOf(run), { signal });
    run.containerId = id;
    for (const warning of warnings) run.warn(`engine: ${warning}`);
    return id.slice(0, 12);
  },
  undo: [
    {
      operation: ({ containerId }) => ({
        severity: "high",
        method: "DOCKER",
        path: "DELETE /containers/{id}?force=true",
        query: { container: containerId?.slice(0, 12) ?? "" },
      }),
      what: ({ spec, containerId }) => `container ${spec.name}${containerId ? ` (${containerId.slice(0, 12)})` : ""}`,
      async act(run, signal) {
        const id = run.containerId ?? (await idByLaunch(run, signal));
        if (id !== null) await run.engine.remove(id, { force: true, signal });
      },
    },
    {
      operation: () => ({ severity: "low", method: "KEYCHAIN", path: "remove", query: { key: "api-key" } }),
      what: ({ containerId }) => (containerId === null ? null : `key of ${containerId.slice(0, 12)} in the keychain`),
      async act({ apiKey, containerId, deps }) {
        if (apiKey !== null && containerId !== null) await deps.apiKeys.remove(containerId);
      },
    },
  ],
};

/**
 * When the answer to "create" was lost, the container may be there all the same. By its label, never by its name: a
 * container of that name may be somebody else's.
 */
async function idByLaunch({ engine, start }: Run, signal: AbortSignal): Promise<string | null> {
  const all = await engine.containers({ signal });
  return all.find(({ labels }) => labels[`${labelPrefix}launch`] === start.launchId)?.id ?? null;
}

function bodyOf({ image, info, spec, start, template }: Run) {
  return toCreateBody(spec, {
    image,
    launchId: start.launchId,
    networkName: start.networkName ?? "",
    apiVersion: info?.apiVersion ?? "1.41",
    kind: template.kind,
    serverPort: template.server?.port ?? null,
    env: template.env,
    entrypoint: template.entrypoint,
  });
}

export const startStep: Step = {
  id: "start",
  limitMs: () => 120_000,
  operation: ({ id }) => ({
    severity: "high",
    method: "DOCKER",
    path: "POST /containers/{id}/start",
    query: { container: id.slice(0, 12) },
  }),
  async act(run, signal) {
    await run.engine.start(run.id, { signal });
    if (run.template.server === null) await pause(run, run.timings.settleMs, signal);
    run.detail = await aliveDetail(run, signal);
    const addresses = Object.values(run.detail.addresses).filter((address) => address !== "");
    return addresses.length > 0 ? addresses.join(", ") : run.detail.state;
  },
  undo: [
    {
      operation: ({ containerId }) => ({
        severity: "high",
        method: "DOCKER",
        path: "POST /containers/{id}/stop",
        query: { container: containerId?.slice(0, 12) ?? "" },
      }),
      // It is removed by force afterwards; what stays then is the container.
      what: () => null,
      async act({ engine, containerId }, signal) {
        if (containerId === null) return;
        await engine.stop(containerId, { graceSeconds: 2, signal }).catch((error: unknown) => {
          if (!isGone(error)) throw error;
        });
      },
    },
  ],
};

/**
 * The container's inspect; `CONTAINER_DIED` {name, exitCode, oomKilled, lastLines} when it no longer runs. `exitCode` is
 * -1 when the engine restarted it so fast that its end was not seen.
 */
export async function aliveDetail(run: Run, signal: AbortSignal): Promise<ContainerDetail> {
  const detail = await run.engine.inspect(run.id, { signal });
  // "on-failure" starts it again at once: then its count tells that it died.
  const restarts = run.restarts ?? detail.restartCount;
  run.restarts = restarts;
  if (detail.state === "running" && detail.restartCount <= restarts) return detail;
  const end = detail.state === "running" ? await nextEnd(run, signal) : detail;
  throw new Failure("CONTAINER_DIED", {
    name: run.spec.name,
    exitCode: end?.exitCode ?? -1,
    oomKilled: end?.oomKilled ?? detail.oomKilled,
    lastLines: await lastLines(run, signal),
  });
}

/** While it runs again, its inspect says nothing of its last end; it will most likely end the same way soon. */
async function nextEnd(run: Run, signal: AbortSignal): Promise<ContainerDetail | null> {
  for (let look = 0; look < 20; look++) {
    await pause(run, Math.min(50, run.timings.pollMs), signal);
    const detail = await run.engine.inspect(run.id, { signal });
    if (detail.state !== "running") return detail;
  }
  return null;
}

/** Its last words explain most deaths. Masked, and short: they go into an error's details. */
async function lastLines(run: Run, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const frames of run.engine.logs(run.id, { follow: false, tail: lastWords, signal })) {
      chunks.push(...Array.from(frames, ({ bytes }) => bytes));
      if (chunks.length > 1_000) break;
      await setImmediate();
    }
  } catch {
    return "";
  }
  const masked = run.deps.masker.bytes(Buffer.concat(chunks));
  return run.deps.masker.text(Buffer.from(masked).toString("utf8")).trim().slice(-1_000);
}

const explainMs = 3_000;

/** The failure with the container's last lines: its log goes with it when the launch is undone. */
export async function withLastLines(run: Run, failure: Failure): Promise<Failure> {
  if (run.containerId === null || failure.details.lastLines !== undefined) return failure;
  const limit = new AbortController();
  const stop = run.deps.clock.after(explainMs, () => limit.abort());
  try {
    const lines = await lastLines(run, AbortSignal.any([run.signal, limit.signal]));
    if (lines === "") return failure;
    const details = { ...failure.details, lastLines: lines };
    return new Failure(failure.code, details, { retryable: failure.retryable, cause: failure });
  } finally {
    stop();
  }
}

/** What went wrong, or, when the container is dead, that. */
export async function orDeath<T>(run: Run, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw error;
    const death = await aliveDetail(run, signal).then(
      () => null,
      (found: unknown) => found,
    );
    throw death instanceof Failure && death.code === "CONTAINER_DIED" ? death : error;
  }
}
