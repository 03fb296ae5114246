import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createKeychain, type Keychain, type KeychainDeps } from "../../../../electron/core/keychain/index.ts";
import { testPorts } from "../../../helpers/ports.ts";

export const PASSPHRASE = Buffer.from("correct horse battery");

/** A keychain room over the fake keyring; `open` again is a restart. */
export function setup(overrides: Partial<KeychainDeps> = {}) {
  const test = testPorts();
  onTestFinished(test.cleanup);
  const registered: { name: string; value: string }[] = [];
  const deps: KeychainDeps = {
    ...test.ports,
    secrets: {
      register: (name, value) => void registered.push({ name, value: Buffer.from(value).toString("latin1") }),
    },
    platform: "linux",
    scryptCost: 2 ** 10,
    ...overrides,
  };
  const open = async () => {
    const keychain = await createKeychain(deps);
    await keychain.init();
    return keychain;
  };
  return { ...test, deps, registered, open, data: test.ports.paths.data };
}

export type Mode = "keychain" | "vault" | "session";

const choose: Record<Mode, (keychain: Keychain) => Promise<void>> = {
  keychain: (keychain) => keychain.useKeychain(),
  vault: (keychain) => keychain.useVault(PASSPHRASE),
  session: (keychain) => keychain.useSession(),
};

export function inMode(keychain: Keychain, mode: Mode): Promise<void> {
  return choose[mode](keychain);
}

export async function readValue(keychain: Keychain, environment: string, name: string): Promise<Buffer | null> {
  const secret = await keychain.get(environment, name);
  if (secret === null) return null;
  const value = secret.use((borrowed) => Buffer.from(borrowed));
  secret.dispose();
  return value;
}

/** Every file below `folder` (path, bytes, mode). */
export function filesIn(folder: string): { path: string; bytes: Buffer; mode: number }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, bytes: readFileSync(path), mode: statSync(path).mode & 0o777 }));
}
