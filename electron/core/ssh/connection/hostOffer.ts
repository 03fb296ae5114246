import type { Readable } from "node:stream";

const maxBytes = 64 * 1024;
const keyExchangeInit = 20;

/**
 * Listens along while ssh2 reads the same socket, and tells once which types of host key the server has (RFC 4253,
 * sections 4.2, 6 and 7.1: the first packet is plain). What is no such packet is left to ssh2 to refuse.
 */
export function watchOffer(socket: Readable, onTypes: (types: string[]) => void): { stop(): void } {
  let seen: Buffer = Buffer.alloc(0);
  const stop = () => void socket.off("data", onData);
  const onData = (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk]);
    const types = hostKeyTypesIn(seen);
    if (types === undefined && seen.length <= maxBytes) return;
    stop();
    if (types) onTypes(types);
  };
  socket.on("data", onData);
  return { stop };
}

/** `undefined` until there is enough to tell, `null` when it is something else. */
export function hostKeyTypesIn(bytes: Buffer): string[] | null | undefined {
  const name = /(?:^|\n)SSH-[^\n]*\n/.exec(bytes.toString("latin1"));
  if (name === null) return undefined;
  const packet = bytes.subarray(name.index + name[0].length);
  if (packet.length < 6) return undefined;
  if (packet[5] !== keyExchangeInit || packet.readUInt32BE(0) > maxBytes) return null;
  // Length, padding's length, the message's number, a cookie; then the first two lists of names.
  const keyExchanges = listAt(packet, 4 + 1 + 1 + 16);
  const hostKeys = keyExchanges && listAt(packet, keyExchanges.next);
  if (!hostKeys) return packet.length >= packet.readUInt32BE(0) + 4 ? null : undefined;
  return hostKeys.text.split(",");
}

function listAt(packet: Buffer, at: number): { text: string; next: number } | null {
  if (packet.length < at + 4) return null;
  const next = at + 4 + packet.readUInt32BE(at);
  return packet.length < next ? null : { text: packet.toString("latin1", at + 4, next), next };
}
