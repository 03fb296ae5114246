import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeychain, type KeychainState, MAX_SECRET_BYTES } from "../../../../electron/core/keychain/index.ts";
import { filesIn, inMode, type Mode, PASSPHRASE, readValue, setup } from "./setup.ts";

const modes: Mode[] = ["keychain", "vault", "session"];

describe("state", () => {
  const facts = { backend: "Secret Service (libsecret)", reason: null, vaultExists: false };

  it("is the system's keychain when it works, and says so to whoever listens", async () => {
    const { deps } = setup();
    const keychain = await createKeychain(deps);
    const seen: KeychainState[] = [];
    keychain.onState((state) => seen.push(state));
    const before = keychain.state();
    await keychain.init();
    expect({ before, seen }).toEqual({
      before: { mode: "unset", ...facts, reason: "not-asked" },
      seen: [{ mode: "keychain", ...facts }],
    });
  });

  it("is unset, with the reason, when the keychain can't be used: nothing is kept anywhere", async () => {
    const { open, keyring, data } = setup();
    keyring.unavailable = "no-session";
    const keychain = await open();
    expect(keychain.state()).toEqual({ mode: "unset", ...facts, reason: "no-session" });
    await expect(keychain.put("dev", "A", Buffer.from("value-1"))).rejects.toMatchObject({
      code: "KEYCHAIN_UNAVAILABLE",
      details: { reason: "no-session" },
    });
    await expect(keychain.get("dev", "A")).rejects.toMatchObject({ code: "KEYCHAIN_UNAVAILABLE" });
    expect(filesIn(data)).toEqual([]);
  });

  it("does not fall back by itself when a keychain that was chosen is gone", async () => {
    const { open, keyring } = setup();
    await (await open()).useKeychain();
    keyring.unavailable = "gone";
    expect((await open()).state()).toEqual({ mode: "unset", ...facts, reason: "gone" });
  });

  it("refuses the keychain while it can't be used, and takes it once it can", async () => {
    const { open, keyring } = setup();
    keyring.unavailable = "locked";
    const keychain = await open();
    await expect(keychain.useKeychain()).rejects.toMatchObject({ code: "KEYCHAIN_UNAVAILABLE" });
    keyring.unavailable = null;
    await keychain.useKeychain();
    expect(keychain.state()).toEqual({ mode: "keychain", ...facts });
  });

  it("comes back as a locked vault, opens, and locks", async () => {
    const { open, keyring } = setup();
    keyring.unavailable = "none";
    const first = await open();
    await first.useVault(PASSPHRASE);
    await first.put("dev", "A", Buffer.from("value-1"));
    const keychain = await open();
    const seen: KeychainState[] = [];
    keychain.onState((state) => seen.push(state));
    const locked = keychain.state();
    await expect(keychain.get("dev", "A")).rejects.toMatchObject({ code: "KEYCHAIN_LOCKED" });
    await expect(keychain.list()).rejects.toMatchObject({ code: "KEYCHAIN_LOCKED" });
    await keychain.unlock(PASSPHRASE);
    expect(await readValue(keychain, "dev", "A")).toEqual(Buffer.from("value-1"));
    keychain.lock();
    await expect(keychain.get("dev", "A")).rejects.toMatchObject({ code: "KEYCHAIN_LOCKED" });
    const vault = { mode: "vault", ...facts, vaultExists: true };
    expect({ locked, seen }).toEqual({
      locked: { ...vault, locked: true },
      seen: [
        { ...vault, locked: false },
        { ...vault, locked: true },
      ],
    });
  });

  it.each([
    ["linux", "Secret Service (libsecret)"],
    ["darwin", "Keychain"],
    ["win32", "Credential Manager"],
  ] as const)("names the backend of %s", async (platform, backend) => {
    expect((await setup({ platform }).open()).state().backend).toBe(backend);
  });

  it("refuses to unlock when the vault is not in use", async () => {
    await expect((await setup().open()).unlock(PASSPHRASE)).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe.each(modes)("values in mode %s", (mode) => {
  it("come back byte for byte, whatever they are", async () => {
    const { open, keyring } = setup();
    keyring.maxBytes = 200;
    const keychain = await open();
    await inMode(keychain, mode);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
          fc.string({ minLength: 1, unit: "binary" }).map((text) => Buffer.from(text)),
          fc
            .constantFrom("\ufeffbom", "a\0b", " ", "\r\n", "Sealed by Gatehouse in its data folder: sealed/x")
            .map((text) => Buffer.from(text)),
        ),
        async (value) => {
          await keychain.put("prod-1", "HF_TOKEN", value);
          expect(await readValue(keychain, "prod-1", "HF_TOKEN")).toEqual(value);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("are told to the masker before they are kept, and again when they are read", async () => {
    const { open, registered } = setup();
    const keychain = await open();
    await inMode(keychain, mode);
    await keychain.put("dev", "A", Buffer.from("value-1"));
    (await keychain.get("dev", "A"))?.dispose();
    expect(registered).toEqual([
      { name: "A", value: "value-1" },
      { name: "A", value: "value-1" },
    ]);
  });

  it("are listed, replaced and removed", async () => {
    const { open } = setup();
    const keychain = await open();
    await inMode(keychain, mode);
    await keychain.put("prod", "B", Buffer.from("1"));
    await keychain.put("prod", "A", Buffer.from("2"));
    await keychain.put("dev", "C", Buffer.from("3"));
    await keychain.put("prod", "B", Buffer.from("4"));
    const all = await keychain.list();
    const removed = [await keychain.remove("prod", "A"), await keychain.remove("prod", "A")];
    expect({ all, removed, prod: await keychain.list("prod"), none: await keychain.list("other") }).toEqual({
      all: [
        { environment: "dev", name: "C", store: mode },
        { environment: "prod", name: "A", store: mode },
        { environment: "prod", name: "B", store: mode },
      ],
      removed: [true, false],
      prod: [{ environment: "prod", name: "B", store: mode }],
      none: [],
    });
    expect(await readValue(keychain, "prod", "B")).toEqual(Buffer.from("4"));
    expect(await readValue(keychain, "prod", "A")).toBeNull();
  });

  it("are not found in any file: not as they are, not in base64, not in hex", async () => {
    const { open, keyring, data, ports } = setup();
    keyring.maxBytes = 200;
    const keychain = await open();
    await inMode(keychain, mode);
    const values = [
      Buffer.from(`canary-${ports.random.id()}`),
      ports.random.bytes(48),
      Buffer.from("long ".repeat(500)),
    ];
    for (const [n, value] of values.entries()) await keychain.put("dev", `CANARY_${n}`, value);
    await keychain.own.put("audit-key", values[1]!);
    const forms = values.flatMap((value) => [
      value,
      Buffer.from(value.toString("base64").slice(0, 40)),
      Buffer.from(value.toString("hex")),
    ]);
    const files = filesIn(data);
    expect(files.filter((file) => forms.some((form) => file.bytes.includes(form))).map((file) => file.path)).toEqual(
      [],
    );
    expect([...new Set(files.map((file) => file.mode))]).toEqual([0o600]);
  });

  it("keeps the console's own keys, apart from the secrets", async () => {
    const { open, ports } = setup();
    const keychain = await open();
    await inMode(keychain, mode);
    const key = ports.random.bytes(32);
    const before = await keychain.own.get("audit-key");
    await keychain.own.put("audit-key", key);
    const [after, listed] = [await keychain.own.get("audit-key"), await keychain.list()];
    const removed = [await keychain.own.remove("audit-key"), await keychain.own.remove("audit-key")];
    expect({ before, after, listed, removed, gone: await keychain.own.get("audit-key") }).toEqual({
      before: null,
      after: key,
      listed: [],
      removed: [true, false],
      gone: null,
    });
  });
});

describe("put must refuse", () => {
  const big = Buffer.alloc(MAX_SECRET_BYTES + 1, "x");
  const refused: { what: string; environment?: string; name?: string; value?: Buffer; error: object }[] = [
    { what: "an empty name", name: "", error: { code: "SECRET_NAME_INVALID", details: { name: "" } } },
    { what: "a digit first", name: "1A", error: { code: "SECRET_NAME_INVALID", details: { name: "1A" } } },
    { what: "a path", name: "../A", error: { code: "SECRET_NAME_INVALID", details: { name: "../A" } } },
    { what: "a line break", name: "A\n", error: { code: "SECRET_NAME_INVALID", details: { name: "A\n" } } },
    { what: "letters beyond ASCII", name: "Ключ", error: { code: "SECRET_NAME_INVALID", details: { name: "Ключ" } } },
    {
      what: "129 letters",
      name: "A".repeat(129),
      error: { code: "SECRET_NAME_INVALID", details: { name: "A".repeat(128) } },
    },
    { what: "an empty value", value: Buffer.alloc(0), error: { code: "SECRET_EMPTY", details: { name: "A" } } },
    {
      what: "a byte too many",
      value: big,
      error: { code: "SECRET_TOO_LARGE", details: { name: "A", bytes: 65_537, max: 65_536 } },
    },
    { what: "no environment", environment: "", error: { code: "BAD_INPUT", details: { field: "environment" } } },
    {
      what: "an environment with a slash",
      environment: "a/b",
      error: { code: "BAD_INPUT", details: { field: "environment" } },
    },
    {
      what: "an upper-case environment",
      environment: "Prod",
      error: { code: "BAD_INPUT", details: { field: "environment" } },
    },
  ];
  it.each(refused)("put: $what", async ({ environment = "dev", name = "A", value = Buffer.from("v"), error }) => {
    const { open, keyring, registered } = setup();
    const keychain = await open();
    keyring.calls.length = 0;
    await expect(keychain.put(environment, name, value)).rejects.toMatchObject(error);
    expect({ calls: keyring.calls, registered }).toEqual({ calls: [], registered: [] });
  });

  it("but takes a value of just 64 KiB", async () => {
    const keychain = await setup().open();
    await keychain.put("dev", "A", big.subarray(1));
    expect((await readValue(keychain, "dev", "A"))?.length).toBe(MAX_SECRET_BYTES);
  });

  it("the reserved name of an own key", async () => {
    const keychain = await setup().open();
    await expect(keychain.own.put("master-key", Buffer.from("x"))).rejects.toThrow(TypeError);
    await expect(keychain.own.put("../x", Buffer.from("x"))).rejects.toThrow(TypeError);
  });
});

describe("choosing a better place", () => {
  it.each(["keychain", "vault"] as const)("moves what a session held into the %s", async (mode) => {
    const { open } = setup();
    const keychain = await open();
    await keychain.useSession();
    await keychain.put("dev", "A", Buffer.from("value-1"));
    await keychain.own.put("audit-key", Buffer.from("key"));
    await inMode(keychain, mode);
    const again = await open();
    if (mode === "vault") await again.unlock(PASSPHRASE);
    expect({
      value: await readValue(again, "dev", "A"),
      own: await again.own.get("audit-key"),
      list: await again.list(),
    }).toEqual({
      value: Buffer.from("value-1"),
      own: Buffer.from("key"),
      list: [{ environment: "dev", name: "A", store: mode }],
    });
  });

  it("prefers the session's newer secret, and the lasting own key", async () => {
    const keychain = await setup().open();
    for (const [mode, text] of [
      ["keychain", "old"],
      ["session", "new"],
    ] as const) {
      await inMode(keychain, mode);
      await keychain.put("dev", "A", Buffer.from(text));
      await keychain.own.put("audit-key", Buffer.from(text));
    }
    await keychain.useKeychain();
    expect([await readValue(keychain, "dev", "A"), await keychain.own.get("audit-key")]).toEqual([
      Buffer.from("new"),
      Buffer.from("old"),
    ]);
  });

  it("keeps the session when the better place fails", async () => {
    const { open, keyring } = setup();
    const keychain = await open();
    await keychain.useSession();
    await keychain.put("dev", "A", Buffer.from("value-1"));
    keyring.fails.add("set");
    await expect(keychain.useKeychain()).rejects.toMatchObject({ code: "KEYCHAIN_UNAVAILABLE" });
    expect({ mode: keychain.state().mode, value: await readValue(keychain, "dev", "A") }).toEqual({
      mode: "session",
      value: Buffer.from("value-1"),
    });
  });

  it("forgets a session with the program", async () => {
    const { open } = setup();
    const keychain = await open();
    await keychain.useSession();
    await keychain.put("dev", "A", Buffer.from("value-1"));
    const again = await open();
    expect({ mode: again.state().mode, list: await again.list() }).toEqual({ mode: "session", list: [] });
  });
});
