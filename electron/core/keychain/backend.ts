/** Where values lie. A `space` is `gatehouse` for the console's own keys, `gatehouse/<environment>` for secrets. */
export interface Backend {
  put(space: string, name: string, value: Uint8Array): Promise<void>;
  /** A Buffer of the caller's own, who overwrites it after use. */
  get(space: string, name: string): Promise<Buffer | null>;
  /** False when there was none. */
  remove(space: string, name: string): Promise<boolean>;
  names(space: string): Promise<{ name: string; store: SecretStore }[]>;
}

/** Where one value lies; `sealed`: in a file that only a key in the keychain opens. */
export type SecretStore = "keychain" | "sealed" | "vault" | "session";

export const OWN_SPACE = "gatehouse";

export function spaceOf(environment: string): string {
  return `${OWN_SPACE}/${environment}`;
}

/** Values in memory alone: they are gone with the program. */
export function sessionBackend(): Backend & { clear(): void } {
  const spaces = new Map<string, Map<string, Buffer>>();
  return {
    async put(space, name, value) {
      const names = spaces.get(space) ?? new Map<string, Buffer>();
      names.get(name)?.fill(0);
      spaces.set(space, names.set(name, Buffer.from(value)));
    },
    async get(space, name) {
      const value = spaces.get(space)?.get(name);
      return value === undefined ? null : Buffer.from(value);
    },
    async remove(space, name) {
      spaces.get(space)?.get(name)?.fill(0);
      return spaces.get(space)?.delete(name) ?? false;
    },
    names: async (space) => [...(spaces.get(space)?.keys() ?? [])].map((name) => ({ name, store: "session" })),
    clear() {
      for (const names of spaces.values()) for (const value of names.values()) value.fill(0);
      spaces.clear();
    },
  };
}
