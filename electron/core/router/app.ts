import { fingerprint, pemOf } from "../audit/index.ts";
import { definedOnly } from "./defined.ts";
import type { Guarded } from "./guard.ts";
import type { Services } from "./services.ts";

export function appRoutes(os: Guarded, services: Services) {
  const { practice, prompts, settings } = services;
  return {
    app: {
      info: os.app.info.handler(() => services.info()),
      changes: os.app.changes.handler(({ signal }) => services.changes.follow(null, signal)),
    },
    settings: {
      get: os.settings.get.handler(() => settings.get()),
      set: os.settings.set.handler(async ({ input }) => {
        const next = await settings.update((current) => ({ ...current, ...definedOnly(input) }));
        services.changes.send({ topic: "settings" });
        return next;
      }),
    },
    prompts: {
      watch: os.prompts.watch.handler(({ signal }) => prompts.watch(signal)),
      answer: os.prompts.answer.handler(({ input }) => {
        prompts.answer(input.id, input.answer);
        return {};
      }),
    },
    audit: {
      page: os.audit.page.handler(({ input: { text, outcome, ...range }, signal }) =>
        services.audit.page({ ...range, filter: { text, outcome }, signal }),
      ),
      verify: os.audit.verify.handler(() => services.audit.verify()),
      publicKey: os.audit.publicKey.handler(() => {
        const key = services.audit.publicKey();
        return { key: key === null ? null : { fingerprint: fingerprint(key), pem: pemOf(key) } };
      }),
    },
    practice: {
      state: os.practice.state.handler(() => practice.state()),
      start: os.practice.start.handler(async () => {
        await practice.start();
        return practice.state();
      }),
      stop: os.practice.stop.handler(async () => {
        await practice.stop();
        return practice.state();
      }),
      fault: os.practice.fault.handler(async ({ input }) => {
        await practice.fault(input.hostId, input.fault, input.on);
        return practice.state();
      }),
    },
  };
}
