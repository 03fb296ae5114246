import { open, stat } from "node:fs/promises";
import type { ConfiguredHost } from "../config/settings.ts";
import { underHome } from "../paths.ts";
import type { SshAuth } from "../target.ts";

/** Who carries the connection. The library cannot prove itself with certificates or security keys; OpenSSH's client can. */
export interface Transport {
  by: "library" | "system";
  reason: "default" | "chosen" | "certificate" | "security-key";
  /** Certificates that are there, for their dates. */
  certificates: string[];
}

export async function chooseTransport(
  wish: "auto" | "library" | "system" | undefined,
  auth: SshAuth,
  host: ConfiguredHost | null,
  home: string,
): Promise<Transport> {
  const keys = (auth.kind === "key" ? [auth.path] : auth.kind === "config" ? [...auth.files] : []).map((path) =>
    underHome(path, home),
  );
  const beside = keys.map((path) => `${path}-cert.pub`);
  const wanted = [...new Set([...(host?.certificateFiles ?? []), ...beside])];
  const there = await Promise.all(wanted.map(isFile));
  const certificates = wanted.filter((_, index) => there[index]);
  if (wish === "system" || wish === "library") return { by: wish, reason: "chosen", certificates };
  if (certificates.length > 0) return { by: "system", reason: "certificate", certificates };
  // Of the configuration's usual names a security key may be one of many; of a person's choice it is the one.
  const hardware = await Promise.all(keys.map(isSecurityKey));
  const there1 = await Promise.all(keys.map(isFile));
  const usable = keys.filter((_, index) => there1[index]);
  const all = usable.length > 0 && usable.every((key) => hardware[keys.indexOf(key)]);
  return all
    ? { by: "system", reason: "security-key", certificates }
    : { by: "library", reason: "default", certificates };
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}

/** The public key's type is in the head of every private key of OpenSSH's format. */
async function isSecurityKey(path: string): Promise<boolean> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
      const body = buffer.toString("latin1", 0, bytesRead).split("\n").slice(1).join("").replace(/-.*$/s, "");
      return /sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com/.test(Buffer.from(body, "base64").toString("latin1"));
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
