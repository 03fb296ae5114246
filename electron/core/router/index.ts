import { alertRoutes } from "./alerts.ts";
import { appRoutes } from "./app.ts";
import { containerRoutes } from "./containers.ts";
import { type GuardDeps, guarded } from "./guard.ts";
import { hostRoutes } from "./hosts.ts";
import { logRoutes } from "./logs.ts";
import { notebookRoutes } from "./notebooks.ts";
import { secretRoutes } from "./secrets.ts";
import type { Services } from "./services.ts";
import { tunnelRoutes } from "./tunnels.ts";

export { bugText, type CallContext } from "./guard.ts";
export type { Services } from "./services.ts";

/** The contract, answered. */
export function createRouter(services: Services, guard: GuardDeps) {
  const os = guarded(guard);
  return os.router({
    ...appRoutes(os, services),
    ...hostRoutes(os, services),
    ...containerRoutes(os, services),
    ...logRoutes(os, services),
    ...alertRoutes(os, services),
    ...secretRoutes(os, services),
    ...tunnelRoutes(os, services),
    ...notebookRoutes(os, services),
  });
}
export type Router = ReturnType<typeof createRouter>;
