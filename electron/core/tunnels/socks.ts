import { isIPv6 } from "node:net";
import type { Destination } from "./types.ts";

/** Replies of RFC 1928, section 6. */
export const socksReply = {
  granted: 0x00,
  failed: 0x01,
  notAllowed: 0x02,
  networkUnreachable: 0x03,
  hostUnreachable: 0x04,
  refused: 0x05,
  commandNotSupported: 0x07,
  addressNotSupported: 0x08,
} as const;
export type SocksReply = (typeof socksReply)[keyof typeof socksReply];

const version = 5;
const noAuthentication = 0;
const noneAcceptable = 0xff;
const connectCommand = 1;

/** What the reader wants done after some bytes. */
export type SocksStep =
  | { kind: "more" }
  /** Send this and go on reading. */
  | { kind: "say"; bytes: Buffer }
  /** Send this, if anything, and close. */
  | { kind: "refuse"; bytes: Buffer | null; reason: string }
  /** The client's wish, and what it has already sent for the far side. */
  | { kind: "connect"; to: Extract<Destination, { kind: "tcp" }>; rest: Buffer };

/** Greeting and request are at most 257 and 262 bytes; a client that sends more before an answer sends it ahead. */
const maxAhead = 64 * 1024;

export function replyBytes(reply: SocksReply): Buffer {
  return Buffer.from([version, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
}

/**
 * The server's half of a SOCKS5 conversation (RFC 1928) up to the request: no authentication, CONNECT alone, IPv4, IPv6 and
 * names, which are not resolved here. Pure: bytes in, steps out, whatever the chunks. After `refuse` or `connect` it is done.
 */
export function createSocksReader(): (chunk: Buffer) => SocksStep[] {
  let waiting: Buffer = Buffer.alloc(0);
  let greeted = false;
  let done = false;

  function next(): SocksStep {
    if (waiting.length > 0 && waiting[0] !== version) return refuse(null, "it does not speak SOCKS5");
    return greeted ? request() : greeting();
  }

  function greeting(): SocksStep {
    const count = waiting[1];
    if (count === undefined || waiting.length < 2 + count) return { kind: "more" };
    const methods = waiting.subarray(2, 2 + count);
    if (!methods.includes(noAuthentication)) {
      return refuse(Buffer.from([version, noneAcceptable]), "it wants to authenticate");
    }
    waiting = waiting.subarray(2 + count);
    greeted = true;
    return { kind: "say", bytes: Buffer.from([version, noAuthentication]) };
  }

  function request(): SocksStep {
    if (waiting.length < 5) return { kind: "more" };
    const [, command, reserved, type, first = 0] = waiting;
    if (reserved !== 0) return refuse(replyBytes(socksReply.failed), "the request is malformed");
    if (command !== connectCommand) return refuse(replyBytes(socksReply.commandNotSupported), "only CONNECT is served");
    const size = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? 1 + first : null;
    if (size === null) return refuse(replyBytes(socksReply.addressNotSupported), "the address is of no known kind");
    if (waiting.length < 4 + size + 2) return { kind: "more" };
    const host = hostOf(type ?? 0, waiting.subarray(4, 4 + size));
    const port = waiting.readUInt16BE(4 + size);
    if (host === null || port === 0) return refuse(replyBytes(socksReply.failed), "the address is malformed");
    return { kind: "connect", to: { kind: "tcp", host, port }, rest: waiting.subarray(4 + size + 2) };
  }

  return (chunk) => {
    if (done) return [];
    if (waiting.length + chunk.length > maxAhead) {
      done = true;
      return [refuse(null, "it sends before it is asked")];
    }
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    const steps: SocksStep[] = [];
    for (;;) {
      const step = next();
      if (step.kind !== "more") steps.push(step);
      if (step.kind === "say") continue;
      done = step.kind !== "more";
      return steps;
    }
  };
}

function refuse(bytes: Buffer | null, reason: string): SocksStep {
  return { kind: "refuse", bytes, reason };
}

/** A name that the far side can look up: no blanks, no control characters, nothing that a resolver could misread. */
const hostName = /^(?!-)[A-Za-z0-9_.-]{1,255}$/;

function hostOf(type: number, bytes: Buffer): string | null {
  if (type === 1) return bytes.join(".");
  if (type === 4) {
    const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
    return groups.join(":");
  }
  const text = bytes.subarray(1).toString("latin1");
  return hostName.test(text) || isIPv6(text) ? text : null;
}
