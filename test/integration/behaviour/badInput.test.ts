/** Bad input to every procedure: always a typed error with words in both languages, nothing lost, no stack in the answer. */
import { describe, expect, test } from "vitest";
import { contract } from "../../../electron/contract/index.ts";
import { offlineReason } from "../../helpers/behaviour.ts";
import type { Client } from "../../helpers/doors.ts";
import { afterAllOfThat, badWorld } from "./badWorld.ts";

const world = badWorld();
const { keyFile, refused, practiceDoor, withHost } = world;

describe("every procedure of the contract", () => {
  const container = "0".repeat(64);
  const nobody = { hostId: "nobody", containerId: container };
  const missing: [path: string, input: unknown, code: string][] = [
    ["prompts.answer", { id: "none", answer: { kind: "accept" } }, "NOT_FOUND"],
    ["hosts.get", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["hosts.remove", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["hosts.connect", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["hosts.disconnect", { hostId: "nobody" }, "HOST_UNKNOWN"],
    [
      "hosts.acceptKey",
      { hostId: "nobody", proof: { kind: "fingerprint", fingerprint: "SHA256:x" }, reason: "why not" },
      "HOST_UNKNOWN",
    ],
    ["hosts.metrics", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["hosts.remove", { hostId: "orion" }, "CONFLICT"],
    ["containers.list", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["containers.templates", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["containers.images", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ...["get", "stats", "start", "stop", "restart", "prove"].flatMap((name): [string, unknown, string][] => [
      [`containers.${name}`, nobody, "HOST_UNKNOWN"],
      [`containers.${name}`, { ...nobody, hostId: "orion" }, "CONTAINER_NOT_FOUND"],
    ]),
    ["containers.remove", { ...nobody, confirm: "x" }, "HOST_UNKNOWN"],
    ["containers.remove", { ...nobody, hostId: "orion", confirm: "x" }, "CONTAINER_NOT_FOUND"],
    ["launches.watch", { launchId: "none" }, "NOT_FOUND"],
    ["launches.cancel", { launchId: "none" }, "NOT_FOUND"],
    ["logs.open", { sources: [{ kind: "container", ...nobody }] }, "HOST_UNKNOWN"],
    [
      "logs.open",
      {
        sources: [
          { kind: "kept", id: "none" },
          { kind: "container", ...nobody },
        ],
      },
      "HOST_UNKNOWN",
    ],
    ["logs.offers", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["logs.watch", { bufferId: "none" }, "NOT_FOUND"],
    ["logs.window", { bufferId: "none", from: 0, count: 1 }, "NOT_FOUND"],
    ["logs.locate", { bufferId: "none", target: { by: "index", index: 0 } }, "NOT_FOUND"],
    ["logs.density", { bufferId: "none", buckets: 1 }, "NOT_FOUND"],
    ["logs.line", { bufferId: "none", index: 0 }, "NOT_FOUND"],
    ["logs.mark", { bufferId: "none", index: 0, note: "" }, "NOT_FOUND"],
    ["logs.unmark", { bufferId: "none", index: 0 }, "NOT_FOUND"],
    ["logs.save", { bufferId: "none", format: "text" }, "NOT_FOUND"],
    ["logs.pin", { bufferId: "none", pinned: true }, "NOT_FOUND"],
    ["logs.dropKept", { id: "none" }, "NOT_FOUND"],
    ["inference.chat", { ...nobody, messages: [{ role: "user", content: "x" }], maxTokens: 1 }, "HOST_UNKNOWN"],
    ["inference.infer", { ...nobody, inputs: {} }, "HOST_UNKNOWN"],
    ["practice.fault", { hostId: "nobody", fault: "link-drop", on: true }, "HOST_UNKNOWN"],
  ];
  test.each(missing)("%s of what is not there: %#", async (path, input, code) => {
    expect((await refused(drained(call(path, input)))).code).toBe(code);
  });

  const procedures = Object.entries(contract).flatMap(([room, of]) =>
    Object.entries(of).map(([name, procedure]) => ({
      path: `${room}.${name}`,
      takes: procedure["~orpc"].inputSchema !== undefined,
    })),
  );
  const hostile: [what: string, input: unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["a number", -1],
    ["a text", "' OR 1=1; --"],
    ["a list", [[]]],
    ["a field that nobody asked for", { $where: "sleep(1000)" }],
    [
      "objects in place of texts",
      { hostId: {}, containerId: [], bufferId: null, name: 7, launchId: {}, id: {}, passphrase: 1 },
    ],
    [
      "far too long a text",
      { hostId: "x".repeat(200_000), name: "x".repeat(200_000), passphrase: "x".repeat(200_000) },
    ],
    ["a deep tree", Array.from({ length: 500 }).reduce<object>((inner) => ({ inner }), {})],
    ["another prototype", JSON.parse('{"__proto__":{"hostId":"orion"},"constructor":{"prototype":{}}}')],
  ];
  const takers = procedures.filter(({ takes }) => takes).map(({ path }) => path);
  /** What all of whose fields may be left out. */
  const optional = new Set([
    "settings.set",
    "containers.list",
    "containers.templates",
    "secrets.list",
    "notebooks.refresh",
    "alerts.acknowledge",
  ]);

  test("the list of procedures is the contract's", () => {
    expect(procedures.length).toBeGreaterThan(45);
    expect(takers.length).toBeGreaterThan(30);
  });

  test.each(takers)("%s refuses what is no input of its", async (path) => {
    for (const [what, input] of hostile) {
      const outcome = await refused(drained(call(path, input))).catch((error: unknown) => ({ code: String(error) }));
      expect({ what, ...outcome }).toMatchObject({ what, code: "BAD_INPUT" });
    }
    if (!optional.has(path)) expect((await refused(drained(call(path, {})))).code).toBe("BAD_INPUT");
  });

  test("an answer of another kind than was asked for does not settle the question", async () => {
    const input = await practiceDoor();
    await withHost({ ...input, auth: { kind: "key", path: keyFile("asked", "correct horse") } }, async (hostId) => {
      const signal = AbortSignal.timeout(10_000);
      for await (const prompts of await world.client.prompts.watch(undefined, { signal })) {
        const asked = prompts.find((each) => each.hostId === hostId);
        if (asked === undefined) continue;
        const wrong = world.client.prompts.answer({ id: asked.id, answer: { kind: "accept" } });
        expect(await refused(wrong)).toMatchObject({ code: "BAD_INPUT", details: { field: "answer" } });
        await world.client.prompts.answer({ id: asked.id, answer: { kind: "dismiss" } });
        break;
      }
      expect((await offlineReason(world.client, hostId)).code).toBe("PROMPT_DISMISSED");
    });
  });

  function call(path: string, input: unknown): Promise<unknown> {
    const [room = "", name = ""] = path.split(".");
    const of = world.client[room as keyof Client] as unknown as Record<string, (input: unknown) => Promise<unknown>>;
    return (of[name] as (input: unknown) => Promise<unknown>)(input);
  }

  /** A stream fails when it is read. */
  async function drained(answer: Promise<unknown>): Promise<unknown> {
    const value = await answer;
    if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return value;
    for await (const _ of value as AsyncIterable<unknown>) break;
    return value;
  }
});

afterAllOfThat(world, 5);
