import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KeyringSession, keyringMissing, runProgram, startKeyringSession } from "../helpers/keyringSession.ts";
import { tempFolder } from "../helpers/ports.ts";

const program = new URL("../peers/keyring.ts", import.meta.url);
const verifier = new URL("../../scripts/audit-verify.ts", import.meta.url);
const missing = keyringMissing();
if (missing !== null) {
  if (process.env.GATEHOUSE_NO_SKIP === "1") throw new Error(`keychain against gnome-keyring: ${missing}`);
  process.stderr.write(`skipped: keychain against gnome-keyring: ${missing}\n`);
}

async function ask(what: string, data: string, env: Record<string, string>): Promise<unknown> {
  const { code, stdout, stderr } = await runProgram(program, [what, data], env);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout).result;
}

describe.skipIf(missing !== null)("the keychain room over gnome-keyring", () => {
  let session: KeyringSession;
  const data = tempFolder();
  beforeAll(async () => {
    session = await startKeyringSession();
  });
  afterAll(async () => {
    await session?.stop();
    data.cleanup();
  });

  it("can be used", async () => {
    expect(await ask("probe", data.path, session.env)).toBeNull();
  });

  it("keeps text, 64 KiB and binary, and gives each back byte for byte", async () => {
    expect(await ask("keep", data.path, session.env)).toEqual({
      state: { mode: "keychain", backend: "Secret Service (libsecret)", reason: null, vaultExists: false },
      same: { text: true, long: true, binary: true, own: true },
      list: [
        { environment: "prod", name: "OTHER", store: "keychain" },
        { environment: "production", name: "BINARY", store: "sealed" },
        { environment: "production", name: "LONG", store: "keychain" },
        { environment: "production", name: "TEXT", store: "keychain" },
      ],
    });
  });

  it("lets another process find the entries by service and name, and remove them", async () => {
    const text = "hf_tökén ключ \u{1f511}\r\n\ttail ";
    expect(await ask("find", data.path, session.env)).toEqual({
      found: { text, missing: null },
      raw: text,
      removed: [true, false],
      left: ["BINARY", "LONG"],
      own: ["audit-key", "master-key"],
    });
  });

  it("holds the audit log's keys and its newest row's place, for the console and for audit:verify", async () => {
    const made = await ask("audit", data.path, session.env);
    const verify = (args: string[]) => runProgram(verifier, args, session.env);
    const { code, stdout } = await verify([join(data.path, "audit"), "--keychain", "--json"]);
    const { verdict, records, unchecked } = JSON.parse(stdout);
    const segment = readdirSync(join(data.path, "audit")).find((name) => name.startsWith("audit-")) ?? "";
    const file = join(data.path, "audit", segment);
    const lines = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, lines.toSpliced(-2, 1).join("\n"));
    rmSync(join(data.path, "audit", "checkpoints.jsonl"));
    const cut = await verify([join(data.path, "audit"), "--keychain"]);
    expect({ made, code, verdict, records, unchecked, cut: [cut.code, cut.stdout.split("\n")[0]] }).toEqual({
      made: { verdict: "whole", heads: 1 },
      code: 0,
      verdict: "whole",
      records: 4,
      unchecked: [],
      cut: [1, "TRUNCATED: rows at the end are missing that were there before."],
    });
  });

  it("leaves no value in a file, neither the console's nor the keyring's", () => {
    const files = [data.path, session.home].flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    );
    const holding = files.filter((file) => {
      const bytes = readFileSync(file);
      return bytes.includes("hf_tökén") || bytes.includes("x".repeat(64)) || bytes.includes(Buffer.alloc(32, 1));
    });
    expect({ holding, keyring: files.some((file) => file.endsWith("login.keyring")) }).toEqual({
      holding: [],
      keyring: true,
    });
  });
});

describe.skipIf(missing !== null)("where there is no keychain", () => {
  it("without a bus: unset, and why", async () => {
    const data = tempFolder();
    const env = { PATH: process.env.PATH ?? "", HOME: data.path, LC_ALL: "C" };
    const state = await ask("state", data.path, env);
    data.cleanup();
    expect(state).toEqual({
      mode: "unset",
      backend: "Secret Service (libsecret)",
      reason: "no-session: Cannot autolaunch D-Bus without X11 $DISPLAY",
      vaultExists: false,
    });
  });

  it("on a bus without a keyring: the reason, within the time limit", async () => {
    const session = await startKeyringSession("none");
    try {
      const start = performance.now();
      const says = await ask("probe", session.home, session.env);
      expect(says).toMatch(/^(no-keyring: |no-answer$|no-service: )/);
      expect(performance.now() - start).toBeLessThan(15_000);
    } finally {
      await session.stop();
    }
  });
});
