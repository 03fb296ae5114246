import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packEntries, unpackEntries } from "../../../../electron/core/keychain/entries.ts";
import { inMode, PASSPHRASE, readValue, setup } from "./setup.ts";

async function withVault(overrides: Parameters<typeof setup>[0] = {}) {
  const test = setup(overrides);
  test.keyring.unavailable = "none";
  const first = await test.open();
  await inMode(first, "vault");
  await first.put("dev", "A", Buffer.from("value-1"));
  const file = join(test.data, "vault.json");
  return { ...test, first, file, content: JSON.parse(readFileSync(file, "utf8")) };
}

describe("the passphrase vault", () => {
  it("says in its file how its key is made", async () => {
    const { content } = await withVault();
    expect(content.kdf).toEqual({ name: "scrypt", N: 1024, r: 8, p: 1, salt: expect.any(String) });
  });

  it("takes N = 2^17 when nobody says otherwise", async () => {
    const test = setup();
    delete (test.deps as { scryptCost?: number }).scryptCost;
    const keychain = await test.open();
    await keychain.useVault(PASSPHRASE);
    const { kdf } = JSON.parse(readFileSync(join(test.data, "vault.json"), "utf8"));
    expect({ ...kdf, salt: "" }).toEqual({ name: "scrypt", N: 131_072, r: 8, p: 1, salt: "" });
    keychain.lock();
    await keychain.unlock(PASSPHRASE);
    expect(keychain.state()).toMatchObject({ mode: "vault", locked: false });
  });

  it("makes every write under a new nonce", async () => {
    const { first, file, content } = await withVault();
    await first.put("dev", "A", Buffer.from("value-1"));
    const after = JSON.parse(readFileSync(file, "utf8"));
    expect(after.body.nonce).not.toBe(content.body.nonce);
    expect({ kdf: after.kdf, key: after.key }).toEqual({ kdf: content.kdf, key: content.key });
  });

  it("opens for the same letters, composed or in parts", async () => {
    const test = setup();
    const keychain = await test.open();
    await keychain.useVault(Buffer.from("пароль: ёжик й".normalize("NFC")));
    keychain.lock();
    await keychain.unlock(Buffer.from("пароль: ёжик й".normalize("NFD")));
    expect(keychain.state()).toMatchObject({ locked: false });
  });

  it("useVault opens the vault that is there, with all that it holds", async () => {
    const { open } = await withVault();
    const keychain = await open();
    await keychain.useVault(PASSPHRASE);
    expect(await readValue(keychain, "dev", "A")).toEqual(Buffer.from("value-1"));
  });

  it("must refuse a new passphrase under 8 bytes", async () => {
    const keychain = await setup().open();
    await expect(keychain.useVault(Buffer.from("short"))).rejects.toMatchObject({
      code: "BAD_INPUT",
      details: { field: "passphrase", min: 8 },
    });
    expect(keychain.state()).toMatchObject({ mode: "keychain", vaultExists: false });
  });

  it.each(["", "correct horse batterY", "correct horse battery "])(
    "must refuse the passphrase %j and leave the file",
    async (wrong) => {
      const { open, file } = await withVault();
      const before = readFileSync(file);
      const keychain = await open();
      await expect(keychain.unlock(Buffer.from(wrong))).rejects.toMatchObject({ code: "VAULT_PASSPHRASE_WRONG" });
      expect({ file: readFileSync(file), state: keychain.state() }).toMatchObject({
        file: before,
        state: { locked: true },
      });
    },
  );

  it("tells a lock that comes while a call waits for the disk from damage", async () => {
    const { first } = await withVault();
    const reading = first.get("dev", "A");
    await Promise.resolve();
    first.lock();
    await expect(reading).rejects.toMatchObject({ code: "KEYCHAIN_LOCKED" });
  });

  // biome-ignore lint/suspicious/noExplicitAny: the rows change a parsed file at will
  type Content = any;
  const flip = (text: string) => {
    const bytes = Buffer.from(text, "base64");
    bytes[0]! ^= 1;
    return bytes.toString("base64");
  };
  const damaged: { name: string; damage: (content: Content) => unknown }[] = [
    { name: "cut file", damage: (content) => JSON.stringify(content).slice(0, -20) },
    { name: "empty file", damage: () => "" },
    { name: "one bit of the entries", damage: (c) => ({ ...c, body: { ...c.body, data: flip(c.body.data) } }) },
    { name: "one bit of the wrapped key", damage: (c) => ({ ...c, key: { ...c.key, data: flip(c.key.data) } }) },
    { name: "another salt", damage: (c) => ({ ...c, kdf: { ...c.kdf, salt: flip(c.kdf.salt) } }) },
    { name: "a cheaper derivation", damage: (c) => ({ ...c, kdf: { ...c.kdf, N: 2 } }) },
    { name: "a derivation that takes all memory", damage: (c) => ({ ...c, kdf: { ...c.kdf, N: 2 ** 30 } }) },
    { name: "N that is no power of two", damage: (c) => ({ ...c, kdf: { ...c.kdf, N: 1000 } }) },
    { name: "a newer version", damage: (c) => ({ ...c, v: 2 }) },
    { name: "unknown fields", damage: (c) => ({ ...c, more: 1 }) },
    { name: "key and entries changed places", damage: (c) => ({ ...c, key: c.body, body: c.key }) },
  ];
  it.each(damaged)("must refuse and leave untouched: $name", async ({ damage }) => {
    const { open, file, content } = await withVault();
    const changed = damage(content);
    const bytes = typeof changed === "string" ? changed : JSON.stringify(changed);
    writeFileSync(file, bytes);
    const keychain = await open();
    await expect(keychain.unlock(PASSPHRASE)).rejects.toMatchObject({
      code: "VAULT_CORRUPT",
      details: { file: "vault.json" },
    });
    await expect(keychain.useVault(PASSPHRASE)).rejects.toMatchObject({ code: "VAULT_CORRUPT" });
    expect(readFileSync(file, "utf8")).toBe(bytes);
  });

  it("must refuse to read and to write when the file is damaged while open", async () => {
    const { first, file } = await withVault();
    writeFileSync(file, "{}");
    await expect(first.get("dev", "A")).rejects.toMatchObject({ code: "VAULT_CORRUPT" });
    await expect(first.put("dev", "B", Buffer.from("x"))).rejects.toMatchObject({ code: "VAULT_CORRUPT" });
    expect(readFileSync(file, "utf8")).toBe("{}");
  });

  it("tells when the file cannot be written, and keeps the old value", async () => {
    const { first, file, open } = await withVault();
    const before = readFileSync(file);
    rmSync(file);
    mkdirSync(file);
    await expect(first.put("dev", "A", Buffer.from("value-2"))).rejects.toMatchObject({ code: "VAULT_CORRUPT" });
    rmSync(file, { recursive: true });
    writeFileSync(file, before);
    const again = await open();
    await again.unlock(PASSPHRASE);
    expect(await readValue(again, "dev", "A")).toEqual(Buffer.from("value-1"));
  });

  it("tells when the file is gone", async () => {
    const { open, file } = await withVault();
    rmSync(file);
    const keychain = await open();
    await expect(keychain.unlock(PASSPHRASE)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(keychain.state()).toMatchObject({ mode: "vault", locked: true, vaultExists: false });
  });
});

describe("entries", () => {
  const names = fc.dictionary(fc.string(), fc.uint8Array());
  const arbitrary = fc.dictionary(fc.string(), names).map(
    (spaces) =>
      new Map(
        Object.entries(spaces)
          .filter(([, inner]) => Object.keys(inner).length > 0)
          .map(([space, inner]) => [
            space,
            new Map(Object.entries(inner).map(([name, value]) => [name, Buffer.from(value)])),
          ]),
      ),
  );

  it("come back from their bytes", () => {
    fc.assert(
      fc.property(arbitrary, (entries) => {
        expect(unpackEntries(packEntries(entries))).toEqual(entries);
      }),
    );
  });

  it("are refused when cut inside an entry, at any byte", () => {
    const packed = packEntries(new Map([["gatehouse/dev", new Map([["A", Buffer.from("value-1")]])]]));
    for (let end = 1; end < packed.length; end++) expect(unpackEntries(packed.subarray(0, end))).toBeNull();
  });
});
