import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLog, oneLine } from "../../../assets/inference-server/src/log.ts";
import { createMasker } from "../../../assets/inference-server/src/mask.ts";

const value = 'hf_Ab+/9 "q"\\Zß&=%';
const bytes = Buffer.from(value);

function masking(text: string, ...values: string[]): string {
  const masker = createMasker();
  for (const one of values) masker.add(one);
  return masker.mask(text);
}

describe("masks a value", () => {
  test.each([
    ["as it is", `token ${value} end`, "token ******** end"],
    ["twice", `${value}${value}`, "****************"],
    ["inside JSON", JSON.stringify({ token: value }), '{"token":"********"}'],
    ["inside a URL", `?t=${encodeURIComponent(value)}&x=1`, "?t=********&x=1"],
    ["inside a form", `t=${encodeURIComponent(value).replaceAll("%20", "+")}`, "t=********"],
    ["in hex", bytes.toString("hex"), "********"],
    ["in capital hex", bytes.toString("hex").toUpperCase(), "********"],
  ])("%s", (_, text, expected) => {
    expect(masking(text, value)).toBe(expected);
  });

  test("in base64, wherever it begins and whatever stands around it", () => {
    const around = fc.uint8Array({ minLength: 0, maxLength: 7 });
    const secret = fc.string({ minLength: 12, maxLength: 40, unit: "binary" });
    fc.assert(
      fc.property(around, secret, around, fc.constantFrom("base64", "base64url"), (before, text, after, encoding) => {
        const encoded = Buffer.concat([before, Buffer.from(text), after]).toString(encoding as BufferEncoding);
        expect(masking(encoded, text)).toContain("********");
      }),
    );
  });

  test("the longer one first, where one holds the other", () => {
    expect(masking("secret-1-long", "secret-1", "secret-1-long")).toBe("********");
  });

  test("line by line, where it has lines", () => {
    expect(masking("read: MIIEvAIBADANBg", "-----BEGIN KEY-----\nMIIEvAIBADANBg\n-----END KEY-----")).toBe(
      "read: ********",
    );
  });

  test("no value of any kind is left readable, in any place", () => {
    const secret = fc.string({ minLength: 4, maxLength: 60, unit: "binary" });
    fc.assert(
      fc.property(fc.string(), secret, fc.string(), (before, text, after) => {
        // A value with asterisks may reappear together with the mask itself.
        fc.pre(!text.includes("*"));
        expect(masking(before + text + after, text)).not.toContain(text);
      }),
    );
  });
});

describe("leaves alone", () => {
  test.each([
    ["what is too short to be a secret", "cpu", "device cpu", "device cpu"],
    ["the empty value", "", "anything", "anything"],
  ])("%s", (_, short, text, expected) => {
    const masker = createMasker();
    expect(masker.add(short)).toBe(false);
    expect(masker.mask(text)).toBe(expected);
  });

  test("the oldest of more than 512 values", () => {
    const masker = createMasker();
    for (let index = 0; index <= 512; index += 1) masker.add(`value-${index}-end`);
    expect(masker.mask("value-0-end value-1-end value-512-end")).toBe("value-0-end ******** ********");
  });

  test("half of a surrogate pair does not stop it", () => {
    expect(masking("x\ud800yz1", "\ud800yz1")).toBe("x********");
  });
});

describe("a line of the log", () => {
  test("is masked and stays one line", () => {
    const written: string[] = [];
    const masker = createMasker();
    const log = createLog((text) => written.push(text), masker);
    masker.add("s3cr3t-value");
    log.line("ERROR", "failed:\r\nINFO:api_wrapper: forged \u001b[2J s3cr3t-value\u2028\u202e!");
    expect(written).toEqual(["ERROR:api_wrapper: failed: INFO:api_wrapper: forged  [2J ******** !\n"]);
  });

  test("is bounded", () => {
    expect(oneLine("x".repeat(10_000))).toHaveLength(4_000);
  });
});
