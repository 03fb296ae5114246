import { getCiphers, getCurves, getHashes } from "node:crypto";
import type { Algorithms } from "ssh2";

/** What the runtime's crypto library has; a parameter so that a test can take parts of it away. */
export interface CryptoAbilities {
  ciphers: readonly string[];
  hashes: readonly string[];
  curves: readonly string[];
}

export function runtimeAbilities(): CryptoAbilities {
  return { ciphers: getCiphers(), hashes: getHashes(), curves: getCurves() };
}

/** Name in SSH → name in the crypto library. AES-GCM with the short key first: it is the fastest wherever it exists. */
const ciphers = [
  ["aes128-gcm@openssh.com", "aes-128-gcm"],
  ["aes256-gcm@openssh.com", "aes-256-gcm"],
  ["chacha20-poly1305@openssh.com", "chacha20"],
  ["aes128-ctr", "aes-128-ctr"],
  ["aes192-ctr", "aes-192-ctr"],
  ["aes256-ctr", "aes-256-ctr"],
] as const;

const macs = [
  ["hmac-sha2-256-etm@openssh.com", "sha256"],
  ["hmac-sha2-512-etm@openssh.com", "sha512"],
  ["hmac-sha2-256", "sha256"],
  ["hmac-sha2-512", "sha512"],
] as const;

const ecdhKex = [
  ["ecdh-sha2-nistp256", "prime256v1"],
  ["ecdh-sha2-nistp384", "secp384r1"],
  ["ecdh-sha2-nistp521", "secp521r1"],
] as const;

const hostKeyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;

/**
 * What is offered to a server: no SHA-1 anywhere, no CBC, only what this runtime can do. ssh2 throws on a name that the
 * runtime lacks (Electron's BoringSSL has no chacha20), so nothing may be named blindly. Keys of a type that is on record
 * come first, else the server may show another one and a known host looks unknown (PROTOCOLS: RFC 4253, section 7.1).
 */
export function chooseAlgorithms(abilities: CryptoAbilities, knownTypes: readonly string[]) {
  const has = (list: readonly string[]) => {
    const names = new Set(list.map((name) => name.toLowerCase()));
    return <T extends string>(table: readonly (readonly [T, string])[]) =>
      table.filter(([, library]) => names.has(library)).map(([ssh]) => ssh);
  };
  const known = new Set(knownTypes.flatMap((type) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type])));
  return {
    kex: [
      "curve25519-sha256",
      "curve25519-sha256@libssh.org",
      ...has(abilities.curves)(ecdhKex),
      "diffie-hellman-group-exchange-sha256",
      "diffie-hellman-group16-sha512",
      "diffie-hellman-group18-sha512",
      "diffie-hellman-group14-sha256",
    ],
    serverHostKey: [
      ...hostKeyTypes.filter((type) => known.has(type)),
      ...hostKeyTypes.filter((type) => !known.has(type)),
    ],
    cipher: has(abilities.ciphers)(ciphers),
    hmac: has(abilities.hashes)(macs),
    compress: ["none"],
  } satisfies Algorithms;
}
