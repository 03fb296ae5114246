/** What callers do with values, over whatever backend is in use. */
import { Secret, type SecretRegistrar } from "../secrets/secret.ts";
import type { Serial } from "../serial.ts";
import { type Backend, OWN_SPACE, spaceOf } from "./backend.ts";
import { checkEnvironment, checkName, checkOwnName, checkValue } from "./limits.ts";
import type { Keychain, OwnKeys, SecretEntry } from "./types.ts";

export type SecretCalls = Pick<Keychain, "put" | "get" | "remove" | "list">;

export function secretCalls(
  registrar: SecretRegistrar,
  environments: () => readonly string[],
  remember: (environment: string) => Promise<void>,
  backend: () => Backend,
  serial: Serial,
): SecretCalls {
  return {
    async put(environment, name, value) {
      checkEnvironment(environment);
      checkName(name);
      checkValue(name, value);
      registrar.register(name, value);
      await serial(async () => {
        const into = backend();
        // Remembered first: a value in an environment that nobody lists would be a secret that nobody can find.
        await remember(environment);
        await into.put(spaceOf(environment), name, value);
      });
    },
    async get(environment, name) {
      checkEnvironment(environment);
      checkName(name);
      const value = await serial(() => backend().get(spaceOf(environment), name));
      if (value === null) return null;
      const secret = new Secret(registrar, name, value);
      value.fill(0);
      return secret;
    },
    async remove(environment, name) {
      checkEnvironment(environment);
      checkName(name);
      return serial(() => backend().remove(spaceOf(environment), name));
    },
    async list(environment) {
      if (environment !== undefined) checkEnvironment(environment);
      return serial(async () => {
        const from = backend();
        const entries: SecretEntry[] = [];
        for (const each of environment === undefined ? environments() : [environment]) {
          const names = await from.names(spaceOf(each));
          entries.push(...names.map((found) => ({ environment: each, ...found })));
        }
        return entries.sort((a, b) => compare(a.environment, b.environment) || compare(a.name, b.name));
      });
    },
  };
}

/** The console's own keys are base64 in every backend: keychains hold text, and these are always short. */
export function ownKeys(backend: () => Backend, serial: Serial): OwnKeys {
  return {
    async get(name) {
      checkOwnName(name);
      const text = await serial(() => backend().get(OWN_SPACE, name));
      return text === null ? null : Buffer.from(text.toString("latin1"), "base64");
    },
    async put(name, value) {
      checkOwnName(name);
      await serial(() => backend().put(OWN_SPACE, name, Buffer.from(Buffer.from(value).toString("base64"))));
    },
    async remove(name) {
      checkOwnName(name);
      return serial(() => backend().remove(OWN_SPACE, name));
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
