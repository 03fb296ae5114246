import type { Guarded } from "./guard.ts";
import type { Services } from "./services.ts";

export function tunnelRoutes(os: Guarded, { tunnels }: Services) {
  return {
    tunnels: {
      list: os.tunnels.list.handler(() => tunnels.list()),
      watch: os.tunnels.watch.handler(({ signal }) => tunnels.watch(signal)),
      add: os.tunnels.add.handler(({ input }) => tunnels.add(input)),
      update: os.tunnels.update.handler(({ input }) => tunnels.update(input.tunnelId, input.tunnel)),
      remove: os.tunnels.remove.handler(async ({ input }) => {
        await tunnels.remove(input.tunnelId, input.confirm);
        return {};
      }),
      start: os.tunnels.start.handler(({ input }) => {
        tunnels.start(input.tunnelId);
        return {};
      }),
      stop: os.tunnels.stop.handler(async ({ input }) => {
        await tunnels.stop(input.tunnelId);
        return {};
      }),
      restartAll: os.tunnels.restartAll.handler(() => ({ count: tunnels.restartAll() })),
      takePort: os.tunnels.takePort.handler(({ input }) => tunnels.takePort(input.tunnelId)),
    },
  };
}
