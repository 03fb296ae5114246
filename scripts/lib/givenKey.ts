/** Public keys that a person gives to a program on the command line. */
import { readFileSync } from "node:fs";
import { AUDIT_SIGNING_KEY, publicKeyIn, publicKeyOf, readSigningKey } from "../../electron/core/audit/index.ts";
import { keytarKeyring } from "../../electron/core/keychain/index.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";

/** Hex of the key in a file as the console's audit page saves it. */
export function keyInFile(file: string): string {
  const key = publicKeyIn(readFileSync(file));
  if (key === null) throw new Error(`${file} holds no public key: PEM, as the audit page saves it (Ed25519)`);
  return key;
}

/** One of the console's own keys in the system's keychain; null when it is not there. */
export async function inKeychain(name: string): Promise<Buffer | null> {
  const keyring = keytarKeyring({ clock: systemClock(), random: systemRandom() });
  const text = await keyring.get("gatehouse", name);
  return text === null ? null : Buffer.from(text, "base64");
}

/** Hex of the public half of the audit log's signing key in the system's keychain. */
export async function keyInKeychain(): Promise<string | null> {
  const key = readSigningKey((await inKeychain(AUDIT_SIGNING_KEY)) ?? Buffer.alloc(0));
  return key === null ? null : publicKeyOf(key);
}
