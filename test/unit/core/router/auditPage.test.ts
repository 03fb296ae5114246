import { createRouterClient } from "@orpc/server";
import { expect, test } from "vitest";
import type { Audit } from "../../../../electron/core/audit/index.ts";
import { createMasker } from "../../../../electron/core/logs/masking/index.ts";
import { createRouter, type Services } from "../../../../electron/core/router/index.ts";

test("what a reader filters by reaches the audit log", async () => {
  const asked: object[] = [];
  const audit = {
    page: async ({ signal: _signal, ...options }: { signal?: AbortSignal }) => {
      asked.push(options);
      return { rows: [], total: 0, more: false, newest: null };
    },
  };
  const router = createRouter({ audit } as unknown as Services, {
    audit: audit as unknown as Audit,
    mask: createMasker(),
    onBehalfOf: (_caller, work) => work(),
    bug: () => {},
  });
  const client = createRouterClient(router, { context: { address: "127.0.0.1", userAgent: "test" } });
  await client.audit.page({ limit: 20, before: 7, text: "secret", outcome: ["denied"] });
  expect(asked).toEqual([{ limit: 20, before: 7, filter: { text: "secret", outcome: ["denied"] } }]);
});
