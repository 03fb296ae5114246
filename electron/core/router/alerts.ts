import type { Guarded } from "./guard.ts";
import type { Services } from "./services.ts";

export function alertRoutes(os: Guarded, { alerts }: Services) {
  return {
    alerts: {
      list: os.alerts.list.handler(() => alerts.list()),
      saveRule: os.alerts.saveRule.handler(({ input }) => alerts.saveRule(input)),
      removeRule: os.alerts.removeRule.handler(async ({ input }) => {
        await alerts.removeRule(input.id);
        return {};
      }),
      acknowledge: os.alerts.acknowledge.handler(({ input }) => alerts.acknowledge(input.id)),
    },
  };
}
