import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  AUDIT_KEY,
  AUDIT_SIGNING_KEY,
  type Audit,
  type AuditInput,
  type AuditOptions,
  headName,
  openAudit,
  publicKeyOf,
  readHead,
  readSigningKey,
  type VerifyOptions,
} from "../../../../electron/core/audit/index.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import type { MaskGuard } from "../../../../electron/core/logs/types.ts";
import type { Actor } from "../../../../electron/core/ports.ts";
import { testPorts } from "../../../helpers/ports.ts";

/** Keys in memory; `locked` is a vault without its passphrase, `absent` that nobody chose a place for keys. */
export function memoryKeys() {
  const values = new Map<string, Buffer>();
  const store = {
    values,
    locked: false,
    absent: false,
    check() {
      if (store.locked) throw new Failure("KEYCHAIN_LOCKED");
      if (store.absent) throw new Failure("KEYCHAIN_UNAVAILABLE", { reason: "none" });
    },
    async get(name: string) {
      store.check();
      const value = values.get(name);
      return value === undefined ? null : Buffer.from(value);
    },
    async put(name: string, value: Uint8Array) {
      store.check();
      values.set(name, Buffer.from(value));
    },
  };
  return store;
}

const unmasked: MaskGuard = { text: (text) => text, bytes: (bytes) => bytes, data: (value) => value };

export function setup(overrides: Partial<AuditOptions> = {}) {
  const test = testPorts();
  onTestFinished(test.cleanup);
  const actor: Actor = { user: "tester", door: "test", address: "203.0.113.7", userAgent: "vitest" };
  const keys = memoryKeys();
  const dir = join(test.ports.paths.data, "audit");
  const options: AuditOptions = {
    dir,
    keys,
    clock: test.clock,
    random: test.ports.random,
    actor: () => actor,
    mask: unmasked,
    appVersion: "0.0.1",
    ...overrides,
  };
  const opened: Audit[] = [];
  onTestFinished(() => Promise.all(opened.map((audit) => audit.dispose())).then(() => undefined));
  const open = async () => {
    const audit = await openAudit(options);
    opened.push(audit);
    return audit;
  };
  return { ...test, options, actor, keys, dir, open };
}
export type Setup = ReturnType<typeof setup>;

export const low: AuditInput = {
  action: "host.connect",
  severity: "low",
  method: "SSH",
  path: "connect",
  target: "host:gpu-1",
  outcome: "success",
  durationMs: 12,
};
export const high: AuditInput = {
  ...low,
  action: "container.launch",
  severity: "high",
  method: "DOCKER",
  path: "POST /containers/create",
  query: { name: "llm", gpus: 2 },
  target: "container:gpu-1/llm",
};

/** A finished log: genesis, `rows` rows (each third of high severity), closed with a checkpoint. */
export async function finishedLog(rows = 9) {
  const test = setup();
  const audit = await test.open();
  for (let n = 1; n <= rows; n++) {
    await audit.record({ ...(n % 3 === 0 ? high : low), query: { n } });
    await test.clock.advance(10);
  }
  await audit.dispose();
  return { ...test, segment: join(test.dir, "audit-2026-03.jsonl"), checkpoints: join(test.dir, "checkpoints.jsonl") };
}

/** What the console itself would check with. */
export function withAll({ dir, keys }: Pick<Setup, "dir" | "keys">): VerifyOptions {
  const signing = readSigningKey(keys.values.get(AUDIT_SIGNING_KEY)!)!;
  return {
    path: dir,
    keys: [keys.values.get(AUDIT_KEY)!],
    publicKey: publicKeyOf(signing),
    head: readHead(keys.values.get(headName(dir))!),
  };
}

export const linesIn = (file: string) => readFileSync(file, "utf8").split("\n").slice(0, -1);
export const writeLines = (file: string, lines: string[]) =>
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
export const filesOf = (dir: string) => readdirSync(dir).sort();
// biome-ignore lint/suspicious/noExplicitAny: rows as they lie in the file
export const rowsIn = (file: string): any[] => linesIn(file).map((line) => JSON.parse(line));
