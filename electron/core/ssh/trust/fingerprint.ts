import { createHash } from "node:crypto";
import { blobType } from "./knownHosts.ts";

/** `SHA256:` and the unpadded base64 of the key blob's hash, as `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replaceAll("=", "")}`;
}

const curveBits = new Map([
  ["ssh-ed25519", 256],
  ["ecdsa-sha2-nistp256", 256],
  ["ecdsa-sha2-nistp384", 384],
  ["ecdsa-sha2-nistp521", 521],
]);

/** Key length in bits, 0 for a type that is not known. */
export function bitsOf(key: Buffer): number {
  const type = blobType(key) ?? "";
  if (type !== "ssh-rsa") return curveBits.get(type) ?? 0;
  const exponent = readString(key, 4 + type.length);
  const modulus = exponent && readString(key, exponent.next);
  const first = modulus?.bytes.findIndex((byte) => byte !== 0) ?? -1;
  if (!modulus || first < 0) return 0;
  return (modulus.bytes.length - first) * 8 - Math.clz32(modulus.bytes[first] ?? 0) + 24;
}

function readString(buffer: Buffer, at: number): { bytes: Buffer; next: number } | undefined {
  if (at + 4 > buffer.length) return undefined;
  const next = at + 4 + buffer.readUInt32BE(at);
  return next > buffer.length ? undefined : { bytes: buffer.subarray(at + 4, next), next };
}

const width = 17;
const height = 9;
const marks = " .o+=*BOX@%&#/^SE";

/**
 * The picture that OpenSSH draws of a key (a bishop that walks the board as the hash's bits say), so that a person can
 * compare it at a glance with `ssh-keygen -lv` on the host. Dirk Loss, Tobias Limmer, Alexander von Gernler: "The
 * drunken bishop: An analysis of the OpenSSH fingerprint visualization algorithm", 2009.
 */
export function randomartOf(key: Buffer): string {
  const board = walk(createHash("sha256").update(key).digest());
  const rows = board.map((row) => `|${row.map((count) => marks[count] ?? "^").join("")}|`);
  return [border(titleOf(key)), ...rows, border("[SHA256]")].join("\n");
}

function walk(hash: Buffer): number[][] {
  const board = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  const highest = marks.length - 3;
  let x = (width - 1) / 2;
  let y = (height - 1) / 2;
  for (const byte of hash) {
    for (let pair = 0; pair < 4; pair += 1) {
      const bits = (byte >> (2 * pair)) & 3;
      x = Math.min(width - 1, Math.max(0, x + (bits & 1 ? 1 : -1)));
      y = Math.min(height - 1, Math.max(0, y + (bits & 2 ? 1 : -1)));
      const row = board[y];
      if (row) row[x] = Math.min(highest, (row[x] ?? 0) + 1);
    }
  }
  mark(board, (width - 1) / 2, (height - 1) / 2, marks.length - 2);
  mark(board, x, y, marks.length - 1);
  return board;
}

function mark(board: number[][], x: number, y: number, value: number): void {
  const row = board[y];
  if (row) row[x] = value;
}

const families = new Map([
  ["ssh-ed25519", "ED25519"],
  ["ssh-rsa", "RSA"],
  ["ecdsa-sha2-nistp256", "ECDSA"],
  ["ecdsa-sha2-nistp384", "ECDSA"],
  ["ecdsa-sha2-nistp521", "ECDSA"],
]);

function titleOf(key: Buffer): string {
  const type = blobType(key) ?? "unknown";
  const family = families.get(type) ?? type;
  const bits = bitsOf(key);
  return bits === 0 ? `[${family}]`.slice(0, width) : `[${family} ${bits}]`;
}

function border(title: string): string {
  const left = Math.floor((width - title.length) / 2);
  return `+${"-".repeat(left)}${title}${"-".repeat(width - left - title.length)}+`;
}
