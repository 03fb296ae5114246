import { createRouterClient, isDefinedError } from "@orpc/server";
import { describe, expect, test } from "vitest";
import type { LogHead } from "../../../../electron/contract/logs.ts";
import type { Audit, AuditInput } from "../../../../electron/core/audit/index.ts";
import { Failure, isFailure } from "../../../../electron/core/failure.ts";
import { createMasker } from "../../../../electron/core/logs/masking/index.ts";
import { createRouter, type Services } from "../../../../electron/core/router/index.ts";
import { until } from "../../../helpers/until.ts";

const value = "hf_0123456789abcdefghij";

/** A router over services of which only those given exist, with an audit log that is a list. */
function rig(services: object) {
  const rows: (Omit<AuditInput, "durationMs"> & { address: string })[] = [];
  const bugs: string[] = [];
  const mask = createMasker();
  mask.register("HF_TOKEN", Buffer.from(value));
  let address = "nobody";
  const audit = {
    async run(input: AuditInput, action: () => Promise<unknown>) {
      if (input.severity === "high") rows.push({ ...input, outcome: "intent", address });
      try {
        const result = await action();
        rows.push({ ...input, outcome: "success", address });
        return result;
      } catch (error) {
        rows.push({ ...input, outcome: "failure", errorCode: isFailure(error) ? error.code : "INTERNAL", address });
        throw error;
      }
    },
  } as unknown as Audit;
  const router = createRouter(services as Services, {
    audit,
    mask,
    onBehalfOf: (caller, work) => {
      address = caller.address;
      return work();
    },
    bug: (path, error) => bugs.push(`${path} ${String(error)}`),
  });
  return { client: createRouterClient(router, { context: { address: "127.0.0.1", userAgent: "test" } }), rows, bugs };
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) return error;
  const { code, data, message } = error as Error & { code?: string; data?: unknown };
  return { code, data, message, typed: isDefinedError(error) };
}

const logHead: LogHead = {
  ...{ first: 0, next: 1, skipped: 0, state: "live", problem: null, sources: [], marks: [] },
  rows: { first: 0, next: 1, searchedTo: 1 },
  levels: { none: 1, debug: 0, info: 0, warn: 0, error: 0 },
  held: { memory: 0, disk: 0, pinned: false },
  ...{ masked: [], detected: [], unchecked: 0 },
};

describe("what a failure looks like outside", () => {
  test.each([
    [
      "an expected failure keeps its code and details, masked",
      new Failure("CONTAINER_NOT_FOUND", { container: `x ${value}` }, { retryable: true }),
      { code: "CONTAINER_NOT_FOUND", data: { retryable: true, details: { container: "x [secret:HF_TOKEN]" } } },
      0,
    ],
    [
      "a bug says only where it happened",
      new TypeError(`cannot read ${value}`),
      { code: "INTERNAL", data: { retryable: false, details: { procedure: "containers.get" } } },
      1,
    ],
  ])("%s", async (_name, thrown, expected, bugCount) => {
    const { client, bugs } = rig({ containers: { get: () => Promise.reject(thrown) } });
    const failure = await failureOf(client.containers.get({ hostId: "h", containerId: "0123456789ab" }));
    expect(failure).toEqual({ ...expected, message: expected.code, typed: true });
    expect(bugs).toHaveLength(bugCount);
  });

  test("input that breaks its schema names the field and not the value", async () => {
    const { client, rows } = rig({ hosts: {} });
    const host = {
      kind: "ssh",
      name: "a",
      address: "-oProxyCommand=x",
      port: 22,
      user: "me",
      environment: "development",
      auth: { kind: "password" },
    } as const;
    const failure = (await failureOf(client.hosts.add(host))) as { code: string; data: { details: { field: string } } };
    expect([failure.code, failure.data.details.field]).toEqual(["BAD_INPUT", "address"]);
    expect(JSON.stringify(failure)).not.toContain("ProxyCommand");
    expect(rows.map((row) => [row.action, row.outcome, row.errorCode])).toEqual([
      ["host.add", "intent", undefined],
      ["host.add", "failure", "BAD_INPUT"],
    ]);
  });

  test("a stream that fails midway fails the same typed way, after what it had yielded", async () => {
    async function* heads() {
      yield logHead;
      throw new Failure("HOST_OFFLINE", { address: value });
    }
    const { client } = rig({ logs: { watch: heads } });
    const seen: number[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const head of await client.logs.watch({ bufferId: "b" })) seen.push(head.next);
      })(),
    );
    expect(seen).toEqual([1]);
    expect(failure).toMatchObject({ code: "HOST_OFFLINE", data: { details: { address: "[secret:HF_TOKEN]" } } });
  });

  describe("the row of a change that answers in pieces", () => {
    const piece = { kind: "rows" as const, text: "a\n", done: 1, total: 2 };
    const last = { kind: "end" as const, fileName: "log.txt", head: "", lines: 1, left: 0 };
    const order = { bufferId: "b", format: "text" as const };
    test.each([
      [
        "comes at the end",
        async function* () {
          yield piece;
          yield last;
        },
        2,
        "success",
        undefined,
      ],
      [
        "says how it failed midway",
        async function* () {
          yield piece;
          throw new Failure("NOT_FOUND");
        },
        9,
        "failure",
        "NOT_FOUND",
      ],
      [
        "says that it was let go",
        async function* () {
          yield piece;
          yield piece;
          yield last;
        },
        1,
        "failure",
        "CANCELLED",
      ],
    ])("%s", async (_name, save, most, outcome, errorCode) => {
      const { client, rows } = rig({ logs: { save } });
      const pieces = await client.logs.save(order);
      expect(rows).toEqual([]);
      let seen = 0;
      await failureOf(
        (async () => {
          for await (const _ of pieces) {
            expect(rows).toEqual([]);
            if (++seen === most && outcome !== "success") break;
          }
        })(),
      );
      await until(() => rows.length > 0);
      expect(rows.map((row) => [row.action, row.outcome, row.errorCode])).toEqual([["log.save", outcome, errorCode]]);
    });

    test("comes as well when nobody asks for the first piece", async () => {
      const stop = new AbortController();
      const { client, rows } = rig({
        logs: {
          save: async function* () {
            yield piece;
          },
        },
      });
      await client.logs.save(order, { signal: stop.signal });
      stop.abort();
      await until(() => rows.length > 0);
      expect(rows.map((row) => [row.outcome, row.errorCode])).toEqual([["failure", "CANCELLED"]]);
    });
  });

  test("a stream that is let go lets its source go", async () => {
    let released = false;
    async function* endless(_id: string, signal?: AbortSignal) {
      try {
        while (!signal?.aborted) yield logHead;
      } finally {
        released = true;
      }
    }
    const { client } = rig({ logs: { watch: endless } });
    for await (const _head of await client.logs.watch({ bufferId: "b" })) break;
    expect(released).toBe(true);
  });
});

describe("what is audited", () => {
  test("a change: intent, then outcome, by the caller, with references and nothing else", async () => {
    const { client, rows } = rig({ secrets: { put: async () => ({ version: 1 }) } });
    await client.secrets.put({ environment: "production", name: "HF_TOKEN", value, encoding: "text" });
    const row = {
      action: "secret.put",
      severity: "high",
      method: "IPC",
      path: "secrets.put",
      query: { environment: "production", name: "HF_TOKEN" },
      target: "secret:production/HF_TOKEN",
      address: "127.0.0.1",
    };
    expect(rows).toEqual([
      { ...row, outcome: "intent" },
      { ...row, outcome: "success" },
    ]);
    expect(JSON.stringify(rows)).not.toContain(value);
  });

  test("a value that was pasted into the field of the name: its beginning and no more", async () => {
    const { client, rows } = rig({ secrets: { put: () => Promise.reject(new Failure("SECRET_NAME_INVALID")) } });
    const pasted = "hf_0123456789/abcdefghijklmnopqrstuvwxyz+ABCDEFG=";
    const put = client.secrets.put({ environment: "production", name: pasted, value: "", encoding: "text" });
    await expect(put).rejects.toThrow();
    expect(rows.map(({ query, target }) => [query?.name, target])).toEqual(
      ["intent", "failure"].map(() => ["hf_0…", "secret:production/hf_0…"]),
    );
  });

  test.each([
    [
      "a container",
      (client: ReturnType<typeof rig>["client"]) =>
        client.containers.stop({ hostId: "h", containerId: "0123456789abcdef" }),
      "container:h/0123456789ab",
    ],
    ["a host", (client: ReturnType<typeof rig>["client"]) => client.hosts.disconnect({ hostId: "h" }), "host:h"],
    ["a launch", (client: ReturnType<typeof rig>["client"]) => client.launches.cancel({ launchId: "l" }), "launch:l"],
  ])("the target of a change of %s", async (_name, call, target) => {
    const { client, rows } = rig({
      containers: { stop: async () => {} },
      hosts: { disconnect: async () => {} },
      launches: { cancel: async () => {} },
    });
    await call(client);
    expect(rows.at(-1)?.target).toBe(target);
  });

  test("looking is not", async () => {
    const { client, rows } = rig({ hosts: { list: () => [] } });
    expect(await client.hosts.list()).toEqual([]);
    expect(rows).toEqual([]);
  });
});
