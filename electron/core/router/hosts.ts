import type { Guarded } from "./guard.ts";
import type { Services } from "./services.ts";

export function hostRoutes(os: Guarded, { hosts, identities }: Services) {
  return {
    hosts: {
      list: os.hosts.list.handler(() => hosts.list()),
      get: os.hosts.get.handler(({ input }) => hosts.get(input.hostId)),
      add: os.hosts.add.handler(async ({ input }) => ({ hostId: await hosts.add(input) })),
      update: os.hosts.update.handler(async ({ input }) => {
        await hosts.update(input.hostId, input.host);
        return {};
      }),
      remove: os.hosts.remove.handler(async ({ input }) => {
        await hosts.remove(input.hostId);
        return {};
      }),
      connect: os.hosts.connect.handler(async ({ input, signal }) => {
        await hosts.connect(input.hostId, signal);
        return {};
      }),
      disconnect: os.hosts.disconnect.handler(async ({ input }) => {
        await hosts.disconnect(input.hostId);
        return {};
      }),
      acceptKey: os.hosts.acceptKey.handler(async ({ input }) => {
        await hosts.acceptKey(input.hostId, input.proof);
        return {};
      }),
      metrics: os.hosts.metrics.handler(({ input, signal }) => hosts.metrics(input.hostId, signal)),
      configured: os.hosts.configured.handler(({ signal }) => hosts.configured(signal)),
      route: os.hosts.route.handler(({ input, signal }) => hosts.route(input.hostId, signal)),
      diagnose: os.hosts.diagnose.handler(({ input, signal }) => hosts.diagnose(input.hostId, signal)),
      installKey: os.hosts.installKey.handler(({ input, signal }) => hosts.installKey(input.hostId, input.use, signal)),
      identities: os.hosts.identities.handler(() => identities()),
    },
  };
}
