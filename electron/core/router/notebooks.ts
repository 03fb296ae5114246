import type { Guarded } from "./guard.ts";
import type { Services } from "./services.ts";

export function notebookRoutes(os: Guarded, { notebooks }: Services) {
  return {
    notebooks: {
      list: os.notebooks.list.handler(() => notebooks.list()),
      refresh: os.notebooks.refresh.handler(async ({ input, signal }) => ({
        problems: await notebooks.refresh(input.hostId, signal),
      })),
      start: os.notebooks.start.handler(async ({ input, signal }) => ({
        notebookId: await notebooks.start(input, signal),
      })),
      open: os.notebooks.open.handler(({ input, signal }) => notebooks.open(input.notebookId, signal)),
      kernels: os.notebooks.kernels.handler(({ input, signal }) => notebooks.kernels(input.notebookId, signal)),
      stopKernel: os.notebooks.stopKernel.handler(async ({ input, signal }) => {
        await notebooks.stopKernel(input.notebookId, input.kernelId, signal);
        return {};
      }),
      stop: os.notebooks.stop.handler(async ({ input, signal }) => {
        await notebooks.stop(input.notebookId, input.confirm, signal);
        return {};
      }),
      trust: os.notebooks.trust.handler(async ({ input, signal }) => {
        await notebooks.trust(input.notebookId, input.certificate, signal);
        return {};
      }),
      close: os.notebooks.close.handler(async ({ input, signal }) => {
        await notebooks.close(input.notebookId, input.renew, signal);
        return {};
      }),
    },
  };
}
