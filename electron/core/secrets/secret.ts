import { inspect } from "node:util";

/** What a new secret tells of itself before anyone else can see it; the masker implements it. */
export interface SecretRegistrar {
  /** Starts masking `value` (with its encodings) as `name`. Idempotent. */
  register(name: string, value: Uint8Array): void;
}

/**
 * A value that must not be shown. It lives in a Buffer that `dispose` overwrites; no way of printing it (`toString`,
 * `toJSON`, `inspect`, template strings) shows more than its name.
 */
export class Secret {
  readonly name: string;
  #value: Buffer;
  #live = true;

  /** Takes a copy of `value`; the caller should overwrite its own (`value.fill(0)`). */
  constructor(registrar: SecretRegistrar, name: string, value: Uint8Array) {
    registrar.register(name, value);
    this.name = name;
    this.#value = Buffer.from(value);
  }

  /** Length in bytes. */
  get size(): number {
    return this.#value.length;
  }

  /** Lends the value for the time of one call. The borrower must not keep the Buffer: it is overwritten by `dispose`. */
  use<T>(borrow: (value: Buffer) => T): T {
    if (!this.#live) throw new Error(`secret ${this.name} was already disposed`);
    return borrow(this.#value);
  }

  dispose(): void {
    this.#live = false;
    this.#value.fill(0);
    this.#value = Buffer.alloc(0);
  }

  toString(): string {
    return `[secret:${this.name}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
