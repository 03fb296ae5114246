import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readValue, setup } from "./setup.ts";

const binary = Buffer.from([0, 1, 2, 255]);
const sealedName = `${createHash("sha256").update("dev/BLOB").digest("hex")}.json`;
const marker = `Sealed by Gatehouse in its data folder: sealed/${sealedName}`;

async function withSealed() {
  const test = setup();
  const keychain = await test.open();
  await keychain.put("dev", "BLOB", binary);
  return { ...test, keychain, file: join(test.data, "sealed", sealedName) };
}

describe("the system's keychain", () => {
  it("holds text as it is, under names that a person finds", async () => {
    const { open, keyring } = setup();
    await (await open()).put("production", "HF_TOKEN", Buffer.from("hf_й"));
    expect(keyring.entries).toEqual(new Map([["gatehouse/production", new Map([["HF_TOKEN", "hf_й"]])]]));
  });

  it("holds a marker for what is sealed, and its key", async () => {
    const { keyring, keychain } = await withSealed();
    expect({ list: await keychain.list(), blob: keyring.entries.get("gatehouse/dev")?.get("BLOB") }).toEqual({
      list: [{ environment: "dev", name: "BLOB", store: "sealed" }],
      blob: marker,
    });
    expect(Buffer.from(keyring.entries.get("gatehouse")!.get("master-key")!, "base64").length).toBe(32);
  });

  const sealing = [
    { name: "text at the limit", bytes: Buffer.from("x".repeat(120)), store: "keychain" },
    { name: "text over the limit", bytes: Buffer.from("x".repeat(121)), store: "sealed" },
    { name: "letters over the limit in bytes alone", bytes: Buffer.from("й".repeat(61)), store: "sealed" },
    { name: "a NUL", bytes: Buffer.from("a\0b"), store: "sealed" },
    { name: "not UTF-8", bytes: Buffer.from([0xc3, 0x28]), store: "sealed" },
    { name: "a byte order mark", bytes: Buffer.from("\ufeffx"), store: "keychain" },
  ];
  it.each(sealing)("$name is kept: $store", async ({ bytes, store }) => {
    const { open, keyring } = setup();
    keyring.maxBytes = 120;
    const keychain = await open();
    await keychain.put("dev", "A", bytes);
    expect({ list: await keychain.list(), value: await readValue(keychain, "dev", "A") }).toEqual({
      list: [{ environment: "dev", name: "A", store }],
      value: bytes,
    });
  });

  it("removes the sealed file with its entry, and when text takes its place", async () => {
    const { keychain, data } = await withSealed();
    await keychain.put("dev", "BLOB", Buffer.from("text now"));
    const afterText = readdirSync(join(data, "sealed"));
    await keychain.put("dev", "BLOB", binary);
    await keychain.remove("dev", "BLOB");
    expect({
      afterText,
      afterRemove: readdirSync(join(data, "sealed")),
      value: await readValue(keychain, "dev", "BLOB"),
    }).toEqual({
      afterText: [],
      afterRemove: [],
      value: null,
    });
  });

  const flip = (text: string, key: "nonce" | "tag" | "data") => {
    const content = JSON.parse(text);
    const bytes = Buffer.from(content.box[key], "base64");
    bytes[0]! ^= 1;
    content.box[key] = bytes.toString("base64");
    return JSON.stringify(content);
  };
  type Sealed = Awaited<ReturnType<typeof withSealed>>;
  const tampered: { name: string; tamper: (test: Sealed) => Promise<void> | void; reason: string }[] = [
    ...(["nonce", "tag", "data"] as const).map((key) => ({
      name: `one bit of the ${key}`,
      tamper: ({ file }: Sealed) => writeFileSync(file, flip(readFileSync(file, "utf8"), key)),
      reason: "the file was changed, or belongs to another key",
    })),
    {
      name: "the sealed file of another secret",
      tamper: async ({ keychain, file, data }) => {
        await keychain.put("prod", "BLOB", binary);
        const other = readdirSync(join(data, "sealed")).find((name) => name !== sealedName)!;
        writeFileSync(file, readFileSync(join(data, "sealed", other)));
      },
      reason: "the file was changed, or belongs to another key",
    },
    {
      name: "a shorter tag",
      tamper: ({ file }) =>
        writeFileSync(file, readFileSync(file, "utf8").replace(/"tag":"(.{4})[^"]*"/, '"tag":"$1"')),
      reason: "the file was changed, or belongs to another key",
    },
    { name: "cut file", tamper: ({ file }) => writeFileSync(file, '{"v":1'), reason: "the file is missing or damaged" },
    { name: "no file", tamper: ({ file }) => rmSync(file), reason: "the file is missing or damaged" },
    {
      name: "no key",
      tamper: ({ keyring }) => void keyring.entries.get("gatehouse")!.delete("master-key"),
      reason: "its key is not in the keychain",
    },
    {
      name: "another key",
      tamper: ({ keyring }) =>
        void keyring.entries.get("gatehouse")!.set("master-key", Buffer.alloc(32, 7).toString("base64")),
      reason: "the file was changed, or belongs to another key",
    },
  ];
  it.each(tampered)("must refuse: $name", async ({ tamper, reason }) => {
    const test = await withSealed();
    await tamper(test);
    await expect(test.keychain.get("dev", "BLOB")).rejects.toMatchObject({
      code: "VAULT_CORRUPT",
      details: { name: "BLOB", file: `sealed/${sealedName}`, reason },
    });
  });

  it("refuses a master key that is no key", async () => {
    const { keyring, keychain } = await withSealed();
    keyring.entries.get("gatehouse")!.set("master-key", "short");
    await expect(keychain.get("dev", "BLOB")).rejects.toMatchObject({ code: "VAULT_CORRUPT" });
    await expect(keychain.put("dev", "OTHER", binary)).rejects.toMatchObject({ code: "VAULT_CORRUPT" });
  });

  it.each(["set", "get", "delete", "accounts"] as const)("tells when the keychain refuses to %s", async (call) => {
    const { open, keyring } = setup();
    const keychain = await open();
    keyring.fails.add(call);
    const action = {
      set: () => keychain.put("dev", "A", Buffer.from("value-1")),
      get: () => keychain.get("dev", "A"),
      delete: () => keychain.remove("dev", "A"),
      accounts: () => keychain.list("dev"),
    }[call];
    await expect(action()).rejects.toMatchObject({
      code: "KEYCHAIN_UNAVAILABLE",
      retryable: true,
      details: { reason: `the keychain refused to ${call}` },
    });
  });
});
