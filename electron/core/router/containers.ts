import { definedOnly } from "./defined.ts";
import type { Guarded } from "./guard.ts";
import type { Services } from "./services.ts";

export function containerRoutes(os: Guarded, services: Services) {
  const { containers, hosts, launches, logs, models } = services;
  return {
    containers: {
      list: os.containers.list.handler(({ input }) => containers.list(input.hostId)),
      get: os.containers.get.handler(({ input }) => containers.get(input.hostId, input.containerId)),
      stats: os.containers.stats.handler(({ input, signal }) =>
        iterate(hosts.engineOf(input.hostId).stats(input.containerId, { signal })),
      ),
      templates: os.containers.templates.handler(({ input }) => {
        const practice = input.hostId !== undefined && hosts.session(input.hostId).record.simulated;
        return services.templates.filter((template) => practice || !template.practiceOnly);
      }),
      images: os.containers.images.handler(async ({ input, signal }) => {
        const images = await hosts.engineOf(input.hostId).images({ signal });
        return images.map((image) => ({ ...image, hostId: input.hostId }));
      }),
      plan: os.containers.plan.handler(({ input }) => launches.plan(input)),
      launch: os.containers.launch.handler(({ input }) => launches.start(input)),
      start: os.containers.start.handler(async ({ input, signal }) => {
        await containers.start(input.hostId, input.containerId, signal);
        return {};
      }),
      stop: os.containers.stop.handler(async ({ input, signal }) => {
        await containers.stop(input.hostId, input.containerId, signal);
        return {};
      }),
      restart: os.containers.restart.handler(async ({ input, signal }) => {
        await containers.restart(input.hostId, input.containerId, signal);
        return {};
      }),
      remove: os.containers.remove.handler(async ({ input, signal }) => {
        await containers.remove(input.hostId, input.containerId, input.confirm, signal);
        return {};
      }),
      prove: os.containers.prove.handler(({ input, signal }) =>
        launches.prove(input.hostId, input.containerId, signal),
      ),
    },
    launches: {
      list: os.launches.list.handler(() => launches.list()),
      watch: os.launches.watch.handler(({ input, signal }) => iterate(launches.watch(input.launchId, signal))),
      cancel: os.launches.cancel.handler(async ({ input }) => {
        await launches.cancel(input.launchId);
        return {};
      }),
    },
    logs: {
      open: os.logs.open.handler(async ({ input }) => {
        hosts.session(input.hostId);
        return await logs.open({ tail: 2000, ...definedOnly(input) });
      }),
      watch: os.logs.watch.handler(({ input, signal }) => iterate(logs.watch(input.bufferId, signal))),
      window: os.logs.window.handler(({ input }) => logs.window(input.bufferId, input)),
      search: os.logs.search.handler(({ input, signal }) => logs.search(input.bufferId, { ...input, signal })),
      save: os.logs.save.handler(({ input }) => logs.save(input.bufferId)),
      close: os.logs.close.handler(async ({ input }) => {
        await logs.close(input.bufferId);
        return {};
      }),
    },
    inference: {
      chat: os.inference.chat.handler(({ input, signal }) => models.chat(input, signal)),
      infer: os.inference.infer.handler(({ input, signal }) => models.infer(input, signal)),
    },
  };
}

/** oRPC wants a generator; the rooms promise only something that can be iterated. */
async function* iterate<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  yield* source;
}
