import { Failure } from "../failure.ts";

/** Largest secret, bytes. */
export const MAX_SECRET_BYTES = 65_536;
const ENVIRONMENT = /^[a-z][a-z0-9-]{0,31}$/;
const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const OWN_NAME = /^[a-z][a-z0-9-]{0,63}$/;
/** The entry in the system's keychain that opens the sealed files. */
export const MASTER_KEY = "master-key";

/** Refuses with `BAD_INPUT` {field}, so that an environment is always one safe part of a service's name. */
export function checkEnvironment(environment: string): void {
  if (!ENVIRONMENT.test(environment)) throw new Failure("BAD_INPUT", { field: "environment" });
}

/** Refuses with `SECRET_NAME_INVALID`: a secret's name ends up as the name of a variable or of a file. */
export function checkName(name: string): void {
  if (!SECRET_NAME.test(name)) throw new Failure("SECRET_NAME_INVALID", { name: name.slice(0, 128) });
}

export function checkOwnName(name: string): void {
  if (!OWN_NAME.test(name) || name === MASTER_KEY) throw new TypeError(`not a name of an own key: ${name}`);
}

/** Refuses with `SECRET_EMPTY` or `SECRET_TOO_LARGE` {bytes, max}. */
export function checkValue(name: string, value: Uint8Array): void {
  if (value.length === 0) throw new Failure("SECRET_EMPTY", { name });
  if (value.length > MAX_SECRET_BYTES) {
    throw new Failure("SECRET_TOO_LARGE", { name, bytes: value.length, max: MAX_SECRET_BYTES });
  }
}
