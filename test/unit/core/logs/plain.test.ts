import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainText } from "../../../../electron/core/logs/plain.ts";

describe("plainText", () => {
  const rows: [string, string, string][] = [
    ["plain", "a\tb ü 모", "a\tb ü 모"],
    ["colours go", "\u001b[1;31mred\u001b[0m \u001b[38;2;1;2;3mx\u001b[m", "red x"],
    ["erase to the end of the line goes", "done\u001b[K", "done"],
    ["moving the cursor is shown", "\u001b[2J\u001b[H", "␛[2J␛[H"],
    ["a title is shown", "\u001b]0;root@host\u0007", "␛]0;root@host␇"],
    ["the end of CRLF", "line\r", "line"],
    ["progress: the last state", "10%\r50%\r100%\r", "100%"],
    ["overwriting hides nothing but the past", "secret plan\rGET / 200", "GET / 200"],
    ["NUL, backspace, DEL", "a\u0000b\u0008c\u007f", "a␀b␈c␡"],
    ["a line feed inside", "one\ntwo", "one␊two"],
    ["C1", "\u009b31m", "<U+009B>31m"],
    ["direction of writing", "a\u202eb\u2066c", "a<U+202E>b<U+2066>c"],
    ["line separator", "a\u2028b", "a<U+2028>b"],
    ["HTML is text", "<script>alert(1)</script>", "<script>alert(1)</script>"],
  ];
  it.each(rows)("%s", (_, line, shown) => expect(plainText(line)).toBe(shown));

  it("never lets a control character but the tab through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (line) => {
        expect(plainText(line)).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/);
      }),
    );
  });
});
