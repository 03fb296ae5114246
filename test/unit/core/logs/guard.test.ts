import { describe, expect, test } from "vitest";
import { createGuard, createScreener } from "../../../../electron/core/logs/index.ts";

const screener = createScreener({
  settings: () => ({ providers: true, assignments: true, pii: true }),
  clock: { mono: () => 0 },
});
const guarded = () => createGuard(screener);
const token = ["gh", "p_", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"].join("");

describe("texts and data", () => {
  test("registered values first, then tokens of known issuers, and nothing else", () => {
    const guard = guarded();
    guard.register("DB_PASSWORD", Buffer.from("correct-horse-7"));
    const text = `DB_PASSWORD=correct-horse-7 ${token} ada@example.org auth_token=Zq8vN3xB7mK2pR5tW9yC`;
    const clean = "DB_PASSWORD=******** [detected:github] ada@example.org auth_token=Zq8vN3xB7mK2pR5tW9yC";
    expect([guard.text(text), guard.data({ at: [text] }), guard.text("plain")]).toEqual([
      clean,
      { at: [clean] },
      "plain",
    ]);
  });

  test("bytes and streams are masked by registered values alone", () => {
    const guard = guarded();
    const bytes = Buffer.from(token);
    expect([guard.bytes(bytes), Buffer.from(guard.stream().push(bytes)).toString()]).toEqual([bytes, token]);
  });
});

describe("weak values", () => {
  const weak = () => {
    const guard = guarded();
    guard.register("PIN", Buffer.from("4711"));
    guard.register("MODE", Buffer.from("password"));
    guard.register("BIT", Buffer.from("1"));
    return guard;
  };
  const line = "pin 4711, mode password, bit 1";

  test("are shown, and named as weak", () => {
    const guard = weak();
    expect([guard.text(line), guard.weak()]).toEqual([line, ["PIN", "MODE", "BIT"]]);
  });

  test("are masked from the next byte on when forced, from three bytes on, in open streams too", () => {
    const guard = weak();
    const stream = guard.stream();
    const push = () => Buffer.from(stream.push(Buffer.from(`${line}\n`))).toString();
    const before = push();
    guard.forceWeak(true);
    guard.register("LATER", Buffer.from("toor"));
    expect([before, push(), guard.text("toor"), guard.weak()]).toEqual([
      `${line}\n`,
      "pin [secret:PIN], mode [secret:MODE], bit 1\n",
      "[secret:LATER]",
      [],
    ]);
  });

  test("are shown again when no longer forced, but never at the cost of a strong value of that name", () => {
    const guard = weak();
    guard.register("PIN", Buffer.from("a-strong-value-88"));
    guard.forceWeak(true);
    guard.forceWeak(false);
    expect(guard.text(`${line} a-strong-value-88`)).toBe("pin [secret:PIN], mode password, bit 1 [secret:PIN]");
    guard.forceWeak(true);
    expect(guard.text(line)).toBe("pin [secret:PIN], mode [secret:MODE], bit 1");
  });

  test("are forgotten when withdrawn", () => {
    const guard = weak();
    guard.withdraw("PIN");
    guard.forceWeak(true);
    expect([guard.text("4711"), guard.text("password")]).toEqual(["4711", "[secret:MODE]"]);
  });
});
