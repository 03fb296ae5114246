import { packLines } from "../../contract/logColumns.ts";
import { logOffers } from "../logs/index.ts";
import { definedOnly } from "./defined.ts";
import type { Guarded } from "./guard.ts";
import { iterate } from "./iterate.ts";
import type { Services } from "./services.ts";

export function logRoutes(os: Guarded, { hosts, logs }: Services) {
  return {
    logs: {
      open: os.logs.open.handler(({ input }) => logs.open(definedOnly(input))),
      offers: os.logs.offers.handler(({ input, signal }) => logOffers(hosts.linkOf(input.hostId), { signal })),
      watch: os.logs.watch.handler(({ input, signal }) => iterate(logs.watch(input.bufferId, input.filter, signal))),
      window: os.logs.window.handler(async ({ input }) => {
        const { lines, ...range } = await logs.window(input.bufferId, input);
        return { ...range, lines: packLines(lines) };
      }),
      locate: os.logs.locate.handler(({ input, signal }) =>
        logs.locate(input.bufferId, input.filter, input.target, signal),
      ),
      density: os.logs.density.handler(({ input, signal }) => logs.density(input.bufferId, input, signal)),
      line: os.logs.line.handler(({ input, signal }) => logs.line(input.bufferId, input.index, signal)),
      mark: os.logs.mark.handler(async ({ input }) => {
        await logs.mark(input.bufferId, input.index, input.note);
        return {};
      }),
      unmark: os.logs.unmark.handler(({ input }) => {
        logs.unmark(input.bufferId, input.index);
        return {};
      }),
      save: os.logs.save.handler(({ input, signal }) => iterate(logs.save(input.bufferId, input, signal))),
      pin: os.logs.pin.handler(async ({ input }) => {
        await logs.pin(input.bufferId, input.pinned);
        return {};
      }),
      kept: os.logs.kept.handler(async () => ({ logs: await logs.kept() })),
      dropKept: os.logs.dropKept.handler(async ({ input }) => {
        await logs.dropKept(input.id);
        return {};
      }),
      close: os.logs.close.handler(({ input }) => {
        logs.close(input.bufferId);
        return {};
      }),
    },
  };
}
