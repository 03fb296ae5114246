import { inspect } from "node:util";
import type { Secret } from "../../secrets/secret.ts";
import type { SshTarget } from "../target.ts";
import type { HeldPassword } from "./auth.ts";
import type { Identity } from "./identity.ts";

/** Keys and passwords that were right, by host of the route, so that a reconnect asks nothing. */
export class Held {
  #identities = new Map<string, Identity>();
  #secrets = new Map<string, Secret>();

  async identity(target: SshTarget, load: () => Promise<Identity>): Promise<Identity> {
    const key = keyOf(target);
    const held = this.#identities.get(key);
    if (held) return held;
    const identity = await load();
    this.#identities.set(key, identity);
    return identity;
  }

  password(target: SshTarget): HeldPassword {
    return this.#secret(keyOf(target));
  }

  /** What OpenSSH's client was told when it asked this. */
  answer(question: string): HeldPassword {
    return this.#secret(`asked: ${question}`);
  }

  #secret(key: string): HeldPassword {
    return {
      get: () => this.#secrets.get(key) ?? null,
      set: (secret) => {
        this.#secrets.get(key)?.dispose();
        if (secret) this.#secrets.set(key, secret);
        else this.#secrets.delete(key);
      },
    };
  }

  forget(): void {
    this.#identities.clear();
    for (const secret of this.#secrets.values()) secret.dispose();
    this.#secrets.clear();
  }

  [inspect.custom](): string {
    return "Held {}";
  }
}

/** The way of proving is part of it: a changed configuration gets another identity. */
function keyOf({ user, address, port, auth, allowOpenKeys }: SshTarget): string {
  return JSON.stringify([user, address, port, auth, allowOpenKeys]);
}
