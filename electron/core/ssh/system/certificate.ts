import { execFile } from "node:child_process";
import type { Cancellable } from "../../ports.ts";

/** What an OpenSSH certificate says of itself. Times are milliseconds since the epoch, `null` for no end. */
export interface Certificate {
  path: string;
  keyId: string;
  principals: string[];
  validFrom: number | null;
  validUntil: number | null;
  /** The signer: type and fingerprint. */
  authority: string;
}

/** Reads a certificate with `ssh-keygen -L`; `null` when there is no such file or it is none. */
export function readCertificate(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  { signal }: Cancellable = {},
): Promise<Certificate | null> {
  return new Promise((resolve) => {
    const options = { env: { ...env, LC_ALL: "C", TZ: "UTC" }, timeout: 5_000, maxBuffer: 64 * 1024 };
    const args = ["-L", "-f", path];
    const child = execFile("ssh-keygen", args, signal ? { ...options, signal } : options, (error, stdout) => {
      resolve(error === null ? parseCertificate(stdout, path) : null);
    });
    child.stdin?.end();
  });
}

/** The output of `ssh-keygen -L`, printed in UTC. */
export function parseCertificate(text: string, path: string): Certificate | null {
  const field = (name: string) => new RegExp(`^\\s*${name}: (.*)$`, "m").exec(text)?.[1]?.trim();
  const keyId = field("Key ID");
  const valid = field("Valid");
  if (keyId === undefined || valid === undefined) return null;
  const listed = /^\s*Principals:\s*\n((?:\s{16,}\S.*\n?)*)/m.exec(text)?.[1] ?? "";
  const at = (word: string) => {
    const stamp = new RegExp(`${word} (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)`).exec(valid)?.[1];
    return stamp === undefined ? null : Date.parse(`${stamp}Z`);
  };
  return {
    path,
    keyId: keyId.replace(/^"|"$/g, ""),
    principals: listed
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && line !== "(none)"),
    validFrom: at("from") ?? at("after"),
    validUntil: at("to") ?? at("before"),
    authority: (field("Signing CA") ?? "").replace(/ \(using .*$/, ""),
  };
}
