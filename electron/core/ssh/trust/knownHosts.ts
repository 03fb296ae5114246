import { createHmac, timingSafeEqual } from "node:crypto";

/** One line of a known_hosts file: sshd(8), section SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownHost {
  marker: "none" | "revoked" | "cert-authority";
  /** Either patterns to match a name with, or the salted hash of one name. */
  names: { kind: "patterns"; patterns: readonly NamePattern[] } | { kind: "hashed"; salt: Buffer; hash: Buffer };
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, … */
  type: string;
  /** The public key blob. */
  key: Buffer;
  /** `file:line`, to point a person at it. */
  source: string;
}

export interface NamePattern {
  negated: boolean;
  /** As written, lower case; `*` and `?` are wild. */
  text: string;
}

/** The entries of one file, and the numbers of the lines that could not be read (they are left out, as OpenSSH does). */
export interface KnownHostsFile {
  entries: KnownHost[];
  unreadable: number[];
}

const maxLine = 16 * 1024;

/** Reads the text of a known_hosts file. Never throws: a damaged line cannot hide the others. */
export function parseKnownHosts(text: string, file: string): KnownHostsFile {
  const entries: KnownHost[] = [];
  const unreadable: number[] = [];
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line[0] === "#") return;
    const entry = line.length > maxLine ? null : parseLine(line, `${file}:${index + 1}`);
    if (entry === null) unreadable.push(index + 1);
    else entries.push(entry);
  });
  return { entries, unreadable };
}

const markers = new Map<string, KnownHost["marker"]>([
  ["@revoked", "revoked"],
  ["@cert-authority", "cert-authority"],
]);

function parseLine(line: string, source: string): KnownHost | null {
  const words = line.split(/[ \t]+/);
  const marker = words[0]?.[0] === "@" ? markers.get(words.shift() ?? "") : "none";
  const [names, type, blob] = words;
  if (marker === undefined || names === undefined || type === undefined || blob === undefined) return null;
  const key = decode(blob);
  if (key === null || blobType(key) !== type) return null;
  const parsed = parseNames(names);
  return parsed === null ? null : { marker, names: parsed, type, key, source };
}

function parseNames(text: string): KnownHost["names"] | null {
  if (text[0] === "|") {
    const [, magic, salt, hash, ...rest] = text.split("|");
    const parts = magic === "1" && rest.length === 0 ? [decode(salt ?? ""), decode(hash ?? "")] : [];
    const [first, second] = parts;
    return first && second && second.length === 20 ? { kind: "hashed", salt: first, hash: second } : null;
  }
  const patterns = text
    .split(",")
    .filter((part) => part !== "" && part !== "!")
    .map((part) =>
      part[0] === "!"
        ? { negated: true, text: part.slice(1).toLowerCase() }
        : { negated: false, text: part.toLowerCase() },
    );
  return patterns.length === 0 ? null : { kind: "patterns", patterns };
}

function decode(base64: string): Buffer | null {
  if (base64 === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  return Buffer.from(base64, "base64");
}

/** The type that a public key blob names itself, or `null` when it is not one (RFC 4253, section 6.6). */
export function blobType(key: Buffer): string | null {
  if (key.length < 5) return null;
  const length = key.readUInt32BE(0);
  if (length === 0 || length > 64 || key.length <= 4 + length) return null;
  return key.toString("latin1", 4, 4 + length);
}

/** How a host is written in known_hosts: the bare name at port 22, `[name]:port` elsewhere. */
export function knownHostName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** True when the line speaks of this host. One negated pattern that matches excludes the line, whatever else matches. */
export function speaksOf(entry: KnownHost, address: string, port: number): boolean {
  const name = knownHostName(address, port);
  if (entry.names.kind === "hashed") {
    const hash = createHmac("sha1", entry.names.salt).update(name).digest();
    return timingSafeEqual(hash, entry.names.hash);
  }
  let matched = false;
  for (const pattern of entry.names.patterns) {
    if (!wild(pattern.text, name)) continue;
    if (pattern.negated) return false;
    matched = true;
  }
  return matched;
}

/**
 * `*` and `?` against a name, in time proportional to pattern × name. A regular expression made from the pattern would
 * let a line such as `*a*a*a*a*b` stop the program.
 */
export function wild(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = p;
      p += 1;
      resume = n;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      n = resume;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
