import { createRouterClient } from "@orpc/server";
import { afterEach, describe, expect, test } from "vitest";
import { openCore, type TestCore } from "../helpers/core.ts";

let opened: TestCore | null = null;
afterEach(async () => {
  await opened?.close();
  opened = null;
});

async function clientOf() {
  opened = await openCore();
  const { core } = opened;
  return createRouterClient(core.router, { context: core.context({ address: "test", userAgent: "" }) });
}

describe("detectors in the settings", () => {
  test("changing one thing leaves the others, and a restart would read the same", async () => {
    const client = await clientOf();
    const first = await client.settings.get();
    await client.settings.set({ detectors: { providers: true, assignments: false, pii: true } });
    await client.settings.set({ maskWeak: true });
    const last = await client.settings.set({ theme: "dark" });
    expect([first.detectors, first.maskWeak, last]).toEqual([
      { providers: true, assignments: true, pii: false },
      false,
      { ...first, theme: "dark", detectors: { providers: true, assignments: false, pii: true }, maskWeak: true },
    ]);
  });

  test("must be refused: an unknown layer, a missing one", async () => {
    const client = await clientOf();
    const odd = { detectors: { providers: true, assignments: true, pii: true, mood: true } };
    await expect(client.settings.set(odd)).rejects.toMatchObject({ code: "BAD_INPUT" });
    await expect(client.settings.set({ detectors: { providers: true } } as never)).rejects.toMatchObject({
      code: "BAD_INPUT",
    });
  });

  test("tokens of known issuers in an error's details and in the audit are replaced", async () => {
    const client = await clientOf();
    const token = ["gh", "p_", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"].join("");
    const error = await client.secrets
      .remove({ environment: "development", name: token, confirm: token })
      .catch((e) => e);
    const { rows } = await client.audit.page({ limit: 50 });
    expect(JSON.stringify(error)).not.toContain(token);
    expect(JSON.stringify(error.data)).toContain("[detected:github]");
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(opened?.bugs).toEqual([]);
  });
});
