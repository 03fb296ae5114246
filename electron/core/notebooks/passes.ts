import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock, Random } from "../ports.ts";

/** Browsers that were let in; the oldest goes when there are more. */
const mostPasses = 16;
const mostCodes = 8;
const cookiePrefix = "gatehouse-notebook-";

/**
 * Who may use the local end of one notebook: a browser that showed a one-time code got a cookie for it. Only digests are
 * kept, and they are compared in constant time.
 */
export interface Passes {
  /** A code that is good once, for `codeMs`. */
  code(): { code: string; expiresAt: number };
  /** The cookie's value in exchange for a code; `null` when the code is wrong, used or too old. */
  trade(code: string): string | null;
  admits(cookieHeader: string | undefined): boolean;
  readonly cookieName: string;
  /** Nobody who was let in is, any more. */
  revoke(): void;
}

export function createPasses(deps: {
  clock: Clock;
  random: Pick<Random, "bytes">;
  codeMs: number;
  id: string;
}): Passes {
  const { clock, random } = deps;
  const cookieName = cookiePrefix + deps.id.replaceAll(/[^A-Za-z0-9]/g, "");
  let codes: { digest: Buffer; until: number }[] = [];
  let passes: Buffer[] = [];
  const fresh = () => random.bytes(32).toString("base64url");

  return {
    cookieName,
    code() {
      const code = fresh();
      codes = [...codes.slice(1 - mostCodes), { digest: digestOf(code), until: clock.mono() + deps.codeMs }];
      return { code, expiresAt: clock.now() + deps.codeMs };
    },
    trade(code) {
      const shown = digestOf(code);
      const now = clock.mono();
      codes = codes.filter(({ until }) => until > now);
      const before = codes.length;
      codes = codes.filter(({ digest }) => !timingSafeEqual(digest, shown));
      if (codes.length === before) return null;
      const pass = fresh();
      passes = [...passes.slice(1 - mostPasses), digestOf(pass)];
      return pass;
    },
    admits(header) {
      const shown = cookiesIn(header).filter(({ name }) => name === cookieName);
      return shown.some(({ value }) => {
        const digest = digestOf(value);
        return passes.reduce((known, pass) => timingSafeEqual(pass, digest) || known, false);
      });
    },
    revoke() {
      codes = [];
      passes = [];
    },
  };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function cookiesIn(header: string | undefined): { name: string; value: string; text: string }[] {
  return (header ?? "").split(";").flatMap((part) => {
    const text = part.trim();
    const at = text.indexOf("=");
    return at < 1 ? [] : [{ name: text.slice(0, at), value: text.slice(at + 1), text }];
  });
}

/** What of a request's cookies is the server's own: ours stay here, also those of other notebooks. */
export function foreignCookies(header: string | undefined): string {
  return cookiesIn(header)
    .filter(({ name }) => !name.startsWith(cookiePrefix))
    .map(({ text }) => text)
    .join("; ");
}
