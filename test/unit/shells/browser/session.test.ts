import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  CODE_LIFE_MS,
  createSession,
  WRONG_LIMIT,
  WRONG_WINDOW_MS,
} from "../../../../electron/shells/browser/session.ts";
import { fakeClock } from "../../../helpers/ports.ts";

function setUp() {
  const clock = fakeClock();
  return { clock, session: createSession({ clock, random: { bytes: randomBytes } }) };
}

describe("one-time codes", () => {
  test("a code gives the token, and the token holds", () => {
    const { session } = setUp();
    const result = session.redeem(session.newCode());
    expect(result).toEqual({ outcome: "right", token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) });
    expect(session.check(result.outcome === "right" ? result.token : "")).toBe("right");
  });

  test.each<[string, (set: ReturnType<typeof setUp>) => Promise<string> | string]>([
    [
      "used before",
      ({ session }) => {
        const code = session.newCode();
        session.redeem(code);
        return code;
      },
    ],
    [
      "too old",
      async ({ session, clock }) => {
        const code = session.newCode();
        await clock.advance(CODE_LIFE_MS);
        return code;
      },
    ],
    [
      "pushed out by four newer ones",
      ({ session }) => {
        const code = session.newCode();
        for (let i = 0; i < 4; i++) session.newCode();
        return code;
      },
    ],
    ["never given", () => "x".repeat(43)],
    ["empty", () => ""],
  ])("must be refused: %s", async (_, codeOf) => {
    const set = setUp();
    expect(set.session.redeem(await codeOf(set))).toEqual({ outcome: "wrong" });
  });

  test("a code is good until its last millisecond", async () => {
    const { session, clock } = setUp();
    const code = session.newCode();
    await clock.advance(CODE_LIFE_MS - 1);
    expect(session.redeem(code).outcome).toBe("right");
  });
});

describe("guessing is slowed down", () => {
  test("the eleventh wrong try in a minute is turned away, a right one still passes", async () => {
    const { session, clock } = setUp();
    const code = session.newCode();
    for (let i = 0; i < WRONG_LIMIT; i++) expect(session.check(`guess ${i}`)).toBe("wrong");
    expect(session.check("guess")).toBe("too-many");
    expect(session.redeem("guess")).toEqual({ outcome: "too-many" });
    expect(session.redeem(code).outcome).toBe("right");
    await clock.advance(WRONG_WINDOW_MS);
    expect(session.check("guess")).toBe("wrong");
  });
});
