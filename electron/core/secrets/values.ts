/** What may be a secret, and how a value comes in and goes out. */
import { Failure } from "../failure.ts";

export const maxSecretBytes = 65_536;
export const production = "production";

/** `BAD_INPUT` {field}: an environment is one safe part of a service's name. */
export function checkEnvironment(environment: string): void {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(environment)) throw new Failure("BAD_INPUT", { field: "environment" });
}

/** `SECRET_NAME_INVALID` {name}: it becomes the name of a variable or of a file. */
export function checkName(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) {
    // Somebody may have pasted the value into the field of the name: too long for a name is not repeated.
    throw new Failure("SECRET_NAME_INVALID", { name: name.length <= 40 ? name : `${name.slice(0, 4)}…` });
  }
}

export function checkSize(name: string, value: Uint8Array): void {
  if (value.length === 0) throw new Failure("SECRET_EMPTY", { name });
  if (value.length > maxSecretBytes) {
    throw new Failure("SECRET_TOO_LARGE", { name, bytes: value.length, limitBytes: maxSecretBytes });
  }
}

/** Standard base64, with or without line breaks; anything else is `BAD_INPUT` {field: "value"}. */
export function decodeValue(value: string, encoding: "text" | "base64"): Buffer {
  if (encoding === "text") return Buffer.from(value, "utf8");
  const compact = value.replace(/\s+/g, "");
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) {
    throw new Failure("BAD_INPUT", { field: "value", reason: "not base64" });
  }
  return Buffer.from(compact, "base64");
}

/** As text where that gives back the same bytes and can be shown, else base64. */
export function encodeValue(value: Uint8Array): { value: string; encoding: "text" | "base64" } {
  const text = textOf(value);
  if (text !== null && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) {
    return { value: text, encoding: "text" };
  }
  return { value: Buffer.from(value).toString("base64"), encoding: "base64" };
}

/** `null` when the bytes are no UTF-8. */
export function textOf(value: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return null;
  }
}
