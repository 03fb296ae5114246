/** A socket that listens, from a table of the kernel. */
export interface ListeningSocket {
  port: number;
  inode: string;
  /** Nobody from outside gets there. */
  loopback: boolean;
}

/** State LISTEN. */
const listening = "0A";

/** What listens, by `/proc/net/tcp` or `tcp6` (proc(5)): addresses are hexadecimal words in the machine's order. */
export function socketsOf(table: string): ListeningSocket[] {
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local);
    if (match === null || state !== listening) return [];
    const [, address = "", port = ""] = match;
    return [{ port: Number.parseInt(port, 16), inode, loopback: isLoopback(address) }];
  });
}

/** 127.0.0.0/8, ::1, and the first in the clothes of IPv6 (RFC 4291, 2.5.5.2), least byte first as on every GPU host. */
function isLoopback(hex: string): boolean {
  if (hex.length === 8) return hex.endsWith("7F");
  return (
    hex === "00000000000000000000000001000000" || (hex.startsWith("0000000000000000FFFF0000") && hex.endsWith("7F"))
  );
}
