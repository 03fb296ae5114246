/** Run in a session of its own: does with the real keychain what the console does, and prints what came of it. */

import { join } from "node:path";
import { openAudit } from "../../electron/core/audit/index.ts";
import { createKeychain, keytarKeyring } from "../../electron/core/keychain/index.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";

const [what, data = ""] = process.argv.slice(2);
const clock = systemClock();
const random = systemRandom();
const keyring = keytarKeyring({ clock, random });

async function room() {
  const keychain = await createKeychain({ keyring, paths: { data }, clock, random, secrets: { register() {} } });
  const state = await keychain.init();
  const read = async (name: string) => {
    const secret = await keychain.get("production", name);
    return secret?.use((value) => value.toString("base64")) ?? null;
  };
  return { keychain, state, read };
}

const text = "hf_tökén ключ \u{1f511}\r\n\ttail ";
const long = Buffer.from("x".repeat(65_536));
const binary = Buffer.from([0, 1, 254, 255]);

const acts: Record<string, () => Promise<unknown>> = {
  probe: () => keyring.probe(),
  state: async () => (await room()).state,
  async keep() {
    const { keychain, state, read } = await room();
    await keychain.put("production", "TEXT", Buffer.from(text));
    await keychain.put("production", "LONG", long);
    await keychain.put("production", "BINARY", binary);
    await keychain.put("prod", "OTHER", Buffer.from("other"));
    await keychain.own.put("audit-key", Buffer.alloc(32, 1));
    const same = {
      text: (await read("TEXT")) === Buffer.from(text).toString("base64"),
      long: (await read("LONG")) === long.toString("base64"),
      binary: (await read("BINARY")) === binary.toString("base64"),
      own: (await keychain.own.get("audit-key"))?.equals(Buffer.alloc(32, 1)),
    };
    return { state, same, list: await keychain.list() };
  },
  /** Another process, later. */
  async find() {
    const { keychain, read } = await room();
    const found = {
      text: Buffer.from((await read("TEXT")) ?? "", "base64").toString(),
      missing: await read("MISSING"),
    };
    const raw = await keyring.get("gatehouse/production", "TEXT");
    const removed = [await keychain.remove("production", "TEXT"), await keychain.remove("production", "TEXT")];
    const left = await keyring.accounts("gatehouse/production");
    return { found, raw, removed, left: left.sort(), own: (await keyring.accounts("gatehouse")).sort() };
  },
  /** A log under keys from this keychain. */
  async audit() {
    const { keychain } = await room();
    const audit = await openAudit({
      dir: join(data, "audit"),
      keys: keychain.own,
      clock,
      random,
      actor: () => ({ user: "tester", door: "test", address: "local", userAgent: "" }),
      mask: { text: (value) => value, bytes: (value) => value, data: (value) => value },
      appVersion: "0",
    });
    const row = { action: "a.b", severity: "high", method: "IPC", path: "p", target: "t" } as const;
    await audit.run(row, () => undefined);
    const head = async () =>
      (await keyring.accounts("gatehouse")).filter((name) => name.startsWith("audit-head-")).length;
    const { verdict } = await audit.verify();
    await audit.dispose();
    return { verdict, heads: await head() };
  },
};

const result = await acts[what ?? ""]?.();
console.log(JSON.stringify({ result }));
// A call that hangs in the keychain must not keep the program.
process.exit(0);
