import type { Guarded } from "./guard.ts";
import { iterate } from "./iterate.ts";
import type { Services } from "./services.ts";

export function containerRoutes(os: Guarded, services: Services) {
  const { containers, hosts, launches, models } = services;
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
    inference: {
      chat: os.inference.chat.handler(({ input, signal }) => models.chat(input, signal)),
      infer: os.inference.infer.handler(({ input, signal }) => models.infer(input, signal)),
    },
  };
}
