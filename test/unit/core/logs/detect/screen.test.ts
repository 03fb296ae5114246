import { describe, expect, test } from "vitest";
import { createScreener } from "../../../../../electron/core/logs/detect/index.ts";
import type { Detectors } from "../../../../../electron/core/logs/detect/types.ts";
import { dice, run } from "../../../../helpers/detectCorpus.ts";
import { screenOf, standard } from "./setup.ts";

const roll = dice(11);
const begin = (kind = "") => ["-----BEGIN ", kind, "PRIVATE", " KEY-----"].join("");
const finish = (kind = "") => ["-----END ", kind, "PRIVATE", " KEY-----"].join("");
const body = Array.from({ length: 5 }, () => run(roll, "base64", 64));
const last = `${run(roll, "base64", 10)}==`;
const hidden = "[detected:private-key]";

describe("a private key", () => {
  const through = (lines: string[]) => {
    const screen = screenOf();
    return lines.map((line) => screen.line("stdout", line));
  };

  test.each<[string, string]>([
    ["PKCS #8", ""],
    ["RSA", "RSA "],
    ["OpenSSH", "OPENSSH "],
    ["encrypted", "ENCRYPTED "],
  ])("over many lines: %s", (_name, kind) => {
    expect(through(["x", begin(kind), ...body, last, finish(kind), "done"])).toEqual([
      "x",
      hidden,
      ...body.map(() => hidden),
      hidden,
      finish(kind),
      "done",
    ]);
  });

  test("behind a prefix, with headers, and with lines of others in between", () => {
    const lines = [begin("RSA "), "Proc-Type: 4,ENCRYPTED", "", ...body, last, finish("RSA ")].map(
      (line) => `app | ${line}`,
    );
    const mixed = [...lines.slice(0, 4), "10:11 GET /health 200", ...lines.slice(4)];
    expect(through(mixed)).toEqual([
      `app | ${hidden}`,
      "app | Proc-Type: 4,ENCRYPTED",
      "app | ",
      `app | ${hidden}`,
      "10:11 GET /health 200",
      ...body.slice(1).map(() => `app | ${hidden}`),
      `app | ${hidden}`,
      `app | ${finish("RSA ")}`,
    ]);
  });

  test("in one line, whole and cut", () => {
    const escaped = [begin(), ...body, last].join("\\n");
    expect(through([`{"k":"${escaped}\\n${finish()}\\n"}`, `{"k":"${escaped}"}`, "hello there"])).toEqual([
      `{"k":"${hidden}\\n"}`,
      `{"k":"${hidden}"}`,
      "hello there",
    ]);
  });

  test("one that never ends is given up, and what follows is shown again", () => {
    const shown = through([begin(), ...body, ...Array.from({ length: 20 }, (_, i) => `request ${i} took long`)]);
    expect(shown.slice(6)).toEqual(Array.from({ length: 20 }, (_, i) => `request ${i} took long`));
  });

  test("of one stream does not reach into the other", () => {
    const screen = screenOf();
    const inOther = run(roll, "base64", 64);
    expect([
      screen.line("stderr", begin()),
      screen.line("stdout", inOther),
      screen.line("stderr", body[0] as string),
    ]).toEqual([hidden, inOther, hidden]);
  });
});

describe("the screen of a log", () => {
  const token = ["gh", "p_", run(roll, "alnum", 36)].join("");
  const random = "auth_token=Zq8vN3xB7mK2pR5tW9yC";

  test("counts by kind, for itself", () => {
    const screener = createScreener({ settings: () => standard, clock: { mono: () => 0 } });
    const [one, other] = [screener.log(), screener.log()];
    one.line("stdout", `${token} ${token}`);
    one.line("stderr", random);
    other.line("stdout", token);
    expect([[...one.detected], [...other.detected], one.unchecked]).toEqual([
      [
        ["github", 2],
        ["assignment", 1],
      ],
      [["github", 1]],
      0,
    ]);
  });

  test("follows the settings from the next line on", () => {
    let on: Detectors = { providers: false, assignments: false, pii: false };
    const screen = createScreener({ settings: () => on, clock: { mono: () => 0 } }).log();
    const line = `${token} ada@example.org ${random}`;
    const seen = [screen.line("stdout", line)];
    on = { ...on, providers: true };
    seen.push(screen.line("stdout", line));
    on = { ...on, pii: true };
    seen.push(screen.line("stdout", line));
    on = { ...on, assignments: true };
    seen.push(screen.line("stdout", line));
    expect(seen).toEqual([
      line,
      `[detected:github] ada@example.org ${random}`,
      `[detected:github] [detected:email] ${random}`,
      "[detected:github] [detected:email] auth_token=[detected:assignment]",
    ]);
  });

  test("a value with a shape of its own is named by it, whatever its name", () => {
    expect(screenOf().line("stdout", `GITHUB_TOKEN=${token} Authorization: Bearer ${token}`)).toBe(
      "GITHUB_TOKEN=[detected:github] Authorization: Bearer [detected:github]",
    );
  });

  test("looks at so much a second, counts the rest, and never lets the body of a key through", () => {
    let now = 0;
    const screener = createScreener({ settings: () => standard, clock: { mono: () => now }, charsPerSecond: 1_000 });
    const [screen, other] = [screener.log(), screener.log()];
    screen.line("stdout", begin());
    screen.line("stdout", "x".repeat(5_000));
    const seen = [screen.line("stderr", token), other.line("stdout", token), screen.line("stdout", body[0] as string)];
    now = 1_000;
    seen.push(screen.line("stderr", token));
    now = 8_000;
    seen.push(screen.line("stderr", token));
    expect([seen, screen.unchecked, other.unchecked]).toEqual([
      [token, token, hidden, token, "[detected:github]"],
      2,
      1,
    ]);
  });

  test("texts: tokens of issuers alone, over their lines", () => {
    const screener = createScreener({ settings: () => standard, clock: { mono: () => 0 }, charsPerSecond: 1 });
    const text = ["failed:", begin(), ...body, finish(), random, `ada@example.org ${token}`].join("\n");
    expect(screener.text(text)).toBe(
      ["failed:", hidden, ...body.map(() => hidden), finish(), random, "ada@example.org [detected:github]"].join("\n"),
    );
  });
});
