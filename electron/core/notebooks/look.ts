import { z } from "zod";
import type { NotebookLogin } from "../../contract/index.ts";
import { type FoundServer, limits } from "./types.ts";

/** A runtime file of Jupyter Server 1 and 2 (`root_dir`, `version`) or Notebook up to 6 (`notebook_dir`). */
const runtimeFile = z.object({
  pid: z.number().int().positive(),
  port: z.number().int().min(0).max(65_535),
  sock: z.string().max(300).catch(""),
  base_url: z.string().min(1).max(300).catch("/"),
  root_dir: z.string().max(1000).optional(),
  notebook_dir: z.string().max(1000).optional(),
  version: z.string().max(40).catch(""),
  secure: z.boolean().catch(false),
  token: z.string().max(1000).catch(""),
  password: z.boolean().catch(false),
});

export type KeyOf = (text: string) => FoundServer["key"];

interface Part {
  head: string[];
  lines: string[];
}

/**
 * What the look at a host or container said. Keys become secrets here, before anything else sees them. Servers whose
 * description cannot be read are left out.
 */
export function readLook(text: string, keyOf: KeyOf): FoundServer[] {
  const parts = partsOf(text);
  const sockets = listeningSockets(parts.find(({ head }) => head[0] === "sockets")?.lines ?? []);
  const found = new Map<number, FoundServer>();
  for (const { head, lines } of parts) {
    if (head[0] !== "file" && head[0] !== "list") continue;
    for (const data of jsonIn(lines.join("\n"))) {
      const parsed = runtimeFile.safeParse(data);
      if (!parsed.success || found.has(parsed.data.pid) || found.size >= limits.servers) continue;
      found.set(
        parsed.data.pid,
        serverOf(parsed.data, head[1] ?? "", processOf(parts, parsed.data.pid), sockets, keyOf),
      );
    }
  }
  return [...found.values()];
}

function serverOf(
  file: z.infer<typeof runtimeFile>,
  source: string,
  process: ReturnType<typeof processOf>,
  sockets: readonly Listening[],
  keyOf: KeyOf,
): FoundServer {
  const own = sockets.filter(({ inode }) => process.inodes.has(inode));
  // Some versions note the port they were asked for, 0, and not the one they got. Kernels listen too, on loopback, and
  // are other processes.
  const ports = [...new Set(own.map((each) => each.port))];
  const port = file.port === 0 && ports.length === 1 ? (ports[0] ?? 0) : file.port;
  return {
    pid: file.pid,
    port,
    socket: file.sock.startsWith("/") ? file.sock : "",
    basePath: `/${file.base_url.split("/").filter(Boolean).join("/")}/`.replace("//", "/"),
    folder: file.root_dir ?? file.notebook_dir ?? "",
    version: file.version,
    program: source.startsWith("nbserver") ? "notebook" : "server",
    secure: file.secure,
    login: loginOf(file.token !== "", file.password),
    key: file.token === "" ? null : keyOf(file.token),
    addresses: [...new Set(own.filter((each) => each.port === port).map(({ address }) => address))],
    uid: process.uid,
    keyInArguments: process.keyInArguments,
  };
}

function loginOf(key: boolean, typed: boolean): NotebookLogin {
  if (key && typed) return "both";
  if (key) return "key";
  return typed ? "typed" : "none";
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  for (const line of text.split("\n")) {
    const head = /^#(file|list|process|sockets)(?: ([A-Za-z0-9._-]{1,100}))?$/.exec(line);
    if (head !== null) parts.push({ head: [head[1] ?? "", head[2] ?? ""], lines: [] });
    else parts.at(-1)?.lines.push(line);
  }
  return parts;
}

/** One value, a list of values, or a value a line. */
function jsonIn(text: string): unknown[] {
  const whole = parse(text);
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  return text
    .split("\n")
    .map(parse)
    .filter((value) => value !== undefined);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function processOf(parts: readonly Part[], pid: number) {
  const lines = parts.find(({ head }) => head[0] === "process" && head[1] === String(pid))?.lines ?? [];
  const uid = lines.map((line) => /^Uid:\s+\d+\s+(\d+)/.exec(line)?.[1]).find((text) => text !== undefined);
  return {
    uid: uid === undefined ? null : Number(uid),
    inodes: new Set(lines.flatMap((line) => /^inode (\d+)$/.exec(line)?.[1] ?? [])),
    keyInArguments: lines.includes("key-in-arguments"),
  };
}

interface Listening {
  address: string;
  port: number;
  inode: string;
}

/** Lines of `/proc/net/tcp` and `tcp6` (proc(5)): addresses are hexadecimal words in the machine's order. */
function listeningSockets(lines: readonly string[]): Listening[] {
  return lines.flatMap((line): Listening[] => {
    const [, local = "", , , , , , , , inode = ""] = line.trim().split(/\s+/);
    const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local);
    if (match === null) return [];
    const [, address = "", port = ""] = match;
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode }];
  });
}

/** Only what has to be told apart is spelt out: loopback, everywhere, and the rest of IPv4. */
function addressOf(hex: string): string {
  if (hex.length === 8)
    return (hex.match(/../g) ?? [])
      .reverse()
      .map((byte) => Number.parseInt(byte, 16))
      .join(".");
  if (/^0+$/.test(hex)) return "::";
  if (/^0{24}(?:01000000|00000001)$/.test(hex)) return "::1";
  // An IPv4 address in IPv6 clothes (RFC 4291, 2.5.5.2).
  if (/^0{16}(?:FFFF0000|0000FFFF)/.test(hex)) return addressOf(hex.slice(24));
  return (hex.match(/.{4}/g) ?? []).join(":").toLowerCase();
}
