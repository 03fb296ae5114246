import { beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../../../../electron/core/failure.ts";
import { createSecrets, type Secrets, type SecretsFile } from "../../../../electron/core/secrets/index.ts";
import { memoryKeeper, memoryStore } from "../../../helpers/launchLab.ts";
import { fakeClock } from "../../../helpers/ports.ts";

const start = Date.UTC(2026, 2, 1, 12);
let registered: string[];
let masked: Map<string, string>;
let keeper: ReturnType<typeof memoryKeeper>;
let store: ReturnType<typeof memoryStore<SecretsFile>>;
let secrets: Secrets;
let clock: ReturnType<typeof fakeClock>;
let changes: number;

beforeEach(() => {
  registered = [];
  masked = new Map();
  changes = 0;
  const registrar = {
    register(name: string, value: Uint8Array) {
      registered.push(name);
      masked.set(name, Buffer.from(value).toString());
    },
  };
  keeper = memoryKeeper(registrar);
  store = memoryStore<SecretsFile>({ secrets: [] });
  clock = fakeClock(start);
  secrets = createSecrets({
    keychain: keeper,
    store,
    clock,
    registrar,
    isWeak: (value) => value.length < 6,
    onChange: () => {
      changes += 1;
    },
  });
});

const of = { environment: "production", name: "HF_TOKEN" };
const put = (value: string, more: Partial<Parameters<Secrets["put"]>[0]> = {}) =>
  secrets.put({ ...of, value, encoding: "text", ...more });

describe("put", () => {
  test.each<[name: string, input: Partial<Parameters<Secrets["put"]>[0]>, code: string, details: object]>([
    ["an environment of other signs", { environment: "../prod" }, "BAD_INPUT", { field: "environment" }],
    ["no name", { name: "" }, "SECRET_NAME_INVALID", { name: "" }],
    ["a name that is no identifier", { name: "HF-TOKEN" }, "SECRET_NAME_INVALID", { name: "HF-TOKEN" }],
    ["a name that begins with a digit", { name: "1A" }, "SECRET_NAME_INVALID", { name: "1A" }],
    [
      "a value in the field of the name is not repeated",
      { name: `hf_${"x".repeat(200)}` },
      "SECRET_NAME_INVALID",
      {
        name: "hf_x…",
      },
    ],
    ["nothing", { value: "" }, "SECRET_EMPTY", { name: "HF_TOKEN" }],
    [
      "1 MB",
      { value: "x".repeat(2 ** 20) },
      "SECRET_TOO_LARGE",
      {
        name: "HF_TOKEN",
        bytes: 2 ** 20,
        limitBytes: 65_536,
      },
    ],
    [
      "one byte too many, counted as UTF-8",
      { value: "é".repeat(32_769) },
      "SECRET_TOO_LARGE",
      {
        name: "HF_TOKEN",
        bytes: 65_538,
        limitBytes: 65_536,
      },
    ],
    [
      "base64 that is none",
      { value: "!!!", encoding: "base64" },
      "BAD_INPUT",
      { field: "value", reason: "not base64" },
    ],
    ["base64 cut short", { value: "QUJ", encoding: "base64" }, "BAD_INPUT", { field: "value", reason: "not base64" }],
    ["base64 of nothing", { value: "", encoding: "base64" }, "SECRET_EMPTY", { name: "HF_TOKEN" }],
  ])("refuses %s", async (_name, input, code, details) => {
    const failure = await put("value", input).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect({ code: (failure as Failure).code, details: (failure as Failure).details }).toEqual({ code, details });
    expect([keeper.values.size, store.get().secrets.length, changes]).toEqual([0, 0, 0]);
  });

  test.each<[name: string, value: string, encoding: "text" | "base64", kept: Buffer]>([
    ["text", "välue\n", "text", Buffer.from("välue\n")],
    ["the largest", "x".repeat(65_536), "text", Buffer.alloc(65_536, "x")],
    ["binary", "AP8QgA==", "base64", Buffer.from([0, 255, 16, 128])],
    ["base64 with line breaks", "AP8Q\r\ngA==\n", "base64", Buffer.from([0, 255, 16, 128])],
  ])("keeps %s as it is", async (_name, value, encoding, kept) => {
    expect(await put(value, { encoding })).toEqual({ version: 1 });
    expect(keeper.values.get("production/HF_TOKEN")).toEqual(kept);
  });

  test("is told to the masker before the keychain has it", async () => {
    const order: string[] = [];
    const plain = keeper.put;
    keeper.put = async (...all) => {
      order.push(...registered, "keychain");
      return plain(...all);
    };
    await put("value-1");
    expect(order).toEqual(["HF_TOKEN", "keychain"]);
  });

  test("counts versions, keeps the first date, and never gives a number twice", async () => {
    await put("value-1");
    clock.jump(5_000);
    expect(await put("value-2")).toEqual({ version: 2 });
    expect(await secrets.list()).toEqual([
      { ...of, version: 2, createdAt: start, updatedAt: start + 5_000, store: "session", weak: false },
    ]);
    await secrets.remove({ ...of, confirm: "HF_TOKEN" });
    expect(await put("value-3")).toEqual({ version: 3 });
    expect((await secrets.list())[0]).toMatchObject({ version: 3, createdAt: start + 5_000 });
    expect(changes).toBe(4);
  });

  test("at the same time: each has its own number", async () => {
    const versions = await Promise.all([put("value-1"), put("value-2"), put("value-3")]);
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  test("a keychain that refuses leaves the number as it was", async () => {
    await put("value-1");
    keeper.locked = true;
    await expect(put("value-2")).rejects.toMatchObject({ code: "KEYCHAIN_LOCKED" });
    expect(store.get().secrets).toHaveLength(1);
    expect(secrets.newest(of)).toBe(1);
  });
});

describe("what is there", () => {
  test("weak ones are marked", async () => {
    await put("abc");
    expect((await secrets.list())[0]?.weak).toBe(true);
    expect(secrets.stateOf(of)).toBe("weak");
  });

  test("one that somebody else put into the keychain counts as version 1", async () => {
    keeper.values.set("production/OTHER", Buffer.from("value"));
    expect(secrets.newest({ environment: "production", name: "OTHER" })).toBeNull();
    expect(await secrets.list("production")).toEqual([
      {
        environment: "production",
        name: "OTHER",
        version: 1,
        createdAt: null,
        updatedAt: null,
        store: "session",
        weak: false,
      },
    ]);
    await secrets.refresh();
    expect(secrets.newest({ environment: "production", name: "OTHER" })).toBe(1);
  });

  test("one that somebody deleted in the system's own tool is unknown after a look", async () => {
    await put("value-1");
    expect(secrets.stateOf(of)).toBe("known");
    keeper.values.clear();
    await secrets.refresh();
    expect([secrets.stateOf(of), secrets.newest(of)]).toEqual(["unknown", null]);
  });

  test("a locked keychain changes nothing that is known", async () => {
    await put("value-1");
    keeper.locked = true;
    await secrets.refresh();
    expect(secrets.stateOf(of)).toBe("known");
    await expect(secrets.list()).rejects.toMatchObject({ code: "KEYCHAIN_LOCKED" });
  });

  test.each<[name: string, version: number | undefined, state: string]>([
    ["no version", undefined, "known"],
    ["the version that is there", 1, "known"],
    ["another version", 2, "unknown"],
  ])("asked for with %s", async (_name, version, state) => {
    await put("value-1");
    expect(secrets.stateOf(version === undefined ? of : { ...of, version })).toBe(state);
  });
});

describe("resolve", () => {
  test("all in order, each registered, with the version that was found", async () => {
    await put("value-1");
    await put("value-2", { name: "OTHER" });
    registered.length = 0;
    const found = await secrets.resolve([{ ...of, name: "OTHER" }, of]);
    expect(found.map(({ ref, secret }) => [ref, secret.use((bytes) => bytes.toString())])).toEqual([
      [{ ...of, name: "OTHER", version: 1 }, "value-2"],
      [{ ...of, version: 1 }, "value-1"],
    ]);
    expect(new Set(registered)).toEqual(new Set(["OTHER", "HF_TOKEN"]));
    expect(JSON.stringify(found)).not.toContain("value-");
  });

  test.each<[name: string, ref: { environment: string; name: string; version?: number }, details: object]>([
    ["a name", { ...of, name: "NOTHING" }, { secret: "production/NOTHING" }],
    ["an environment", { ...of, environment: "staging" }, { secret: "staging/HF_TOKEN" }],
    ["an older version", { ...of, version: 1 }, { secret: "production/HF_TOKEN", version: 1 }],
    ["a later version", { ...of, version: 3 }, { secret: "production/HF_TOKEN", version: 3 }],
  ])("SECRET_NOT_FOUND names %s", async (_name, ref, details) => {
    await put("value-1");
    await put("value-2");
    await expect(secrets.resolve([of, ref])).rejects.toMatchObject({ code: "SECRET_NOT_FOUND", details });
  });

  test("what was found before one that is missing is overwritten", async () => {
    await put("value-1");
    const lent: Buffer[] = [];
    const plain = keeper.get;
    keeper.get = async (...all) => {
      const secret = await plain(...all);
      secret?.use((bytes) => lent.push(bytes));
      return secret;
    };
    await expect(secrets.resolve([of, { ...of, name: "NOTHING" }])).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
    expect(lent.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true]);
  });
});

describe("remove and reveal", () => {
  test("remove wants the name", async () => {
    await put("value-1");
    await expect(secrets.remove({ ...of, confirm: "hf_token" })).rejects.toMatchObject({ code: "BAD_INPUT" });
    expect(keeper.values.size).toBe(1);
    await secrets.remove({ ...of, confirm: "HF_TOKEN" });
    expect([keeper.values.size, secrets.newest(of)]).toEqual([0, null]);
    await expect(secrets.remove({ ...of, confirm: "HF_TOKEN" })).rejects.toMatchObject({
      code: "SECRET_NOT_FOUND",
      details: { secret: "production/HF_TOKEN" },
    });
  });

  test.each(["", "  ", "ab "])("production needs a reason: %j", async (reason) => {
    await put("value-1");
    await expect(secrets.reveal({ ...of, reason })).rejects.toMatchObject({
      code: "REASON_REQUIRED",
      details: { environment: "production" },
    });
  });

  test.each<[name: string, value: string, encoding: "text" | "base64", shown: object]>([
    ["text", "välue\nline", "text", { value: "välue\nline", encoding: "text" }],
    ["bytes", "AP8QgA==", "base64", { value: "AP8QgA==", encoding: "base64" }],
    ["a zero byte in text", Buffer.from("a\0b").toString("base64"), "base64", { value: "YQBi", encoding: "base64" }],
    ["a byte order mark stays", "\ufeffx", "text", { value: "\ufeffx", encoding: "text" }],
  ])("reveal gives %s back", async (_name, value, encoding, shown) => {
    await put(value, { encoding });
    expect(await secrets.reveal({ ...of, reason: "ticket 12" })).toEqual({ ...shown, hideAfterMs: 30_000 });
  });

  test("elsewhere no reason is needed, and what is not there is told", async () => {
    await put("value-1", { environment: "development" });
    expect(await secrets.reveal({ environment: "development", name: "HF_TOKEN", reason: "" })).toMatchObject({
      value: "value-1",
    });
    await expect(secrets.reveal({ ...of, reason: "why not" })).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });
});
