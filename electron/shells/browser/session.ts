import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock, Random } from "../../core/ports.ts";

/** How long a code in an address is good, milliseconds. */
export const CODE_LIFE_MS = 10 * 60_000;
/** Wrong codes and tokens that are answered within `WRONG_WINDOW_MS`; more are turned away unread. */
export const WRONG_LIMIT = 10;
export const WRONG_WINDOW_MS = 60_000;
/** Codes that can be open at a time; a newer one pushes the oldest out. */
const OPEN_CODES = 4;

export type Outcome = "right" | "wrong" | "too-many";

export interface Session {
  /** A new one-time code for an address. */
  newCode(): string;
  /** Trades a code for the token of this launch. */
  redeem(code: string): { outcome: "right"; token: string } | { outcome: "wrong" | "too-many" };
  check(token: string): Outcome;
}

/**
 * One token a launch (256 bits), handed out for one-time codes (256 bits). What is right always passes, so that a
 * program that keeps guessing cannot lock the person out; what is wrong is counted.
 */
export function createSession(deps: { random: Pick<Random, "bytes">; clock: Pick<Clock, "mono"> }): Session {
  const { random, clock } = deps;
  const token = random.bytes(32).toString("base64url");
  const tokenDigest = digest(token);
  let codes: { digest: Buffer; until: number }[] = [];
  let wrongAt: number[] = [];

  const wrong = (): "wrong" | "too-many" => {
    const now = clock.mono();
    wrongAt = wrongAt.filter((at) => now - at < WRONG_WINDOW_MS);
    if (wrongAt.length >= WRONG_LIMIT) return "too-many";
    wrongAt.push(now);
    return "wrong";
  };

  return {
    newCode() {
      const code = random.bytes(32).toString("base64url");
      codes = [...codes, { digest: digest(code), until: clock.mono() + CODE_LIFE_MS }].slice(-OPEN_CODES);
      return code;
    },
    redeem(code) {
      const now = clock.mono();
      const given = digest(code);
      codes = codes.filter((open) => now < open.until);
      const found = codes.find((open) => timingSafeEqual(open.digest, given));
      if (found === undefined) return { outcome: wrong() };
      codes = codes.filter((open) => open !== found);
      return { outcome: "right", token };
    },
    check: (given) => (timingSafeEqual(digest(given), tokenDigest) ? "right" : wrong()),
  };
}

/** Equal lengths for a comparison in constant time, whatever came. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
