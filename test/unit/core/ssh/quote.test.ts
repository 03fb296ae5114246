import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandLine, endMarked, quote } from "../../../../electron/core/ssh/quote.ts";

describe("quote", () => {
  it.each<[string, string[], string]>([
    ["plain words", ["docker", "ps", "-a"], "docker ps -a"],
    ["blanks", ["a b"], "'a b'"],
    ["an empty argument", [""], "''"],
    ["a single quote", ["it's"], "'it'\\''s'"],
    ["a variable", ["$HOME"], "'$HOME'"],
    ["a line break", ["a\nb"], "'a\nb'"],
    ["a tilde", ["~/x"], "'~/x'"],
    ["an assignment stays one word", ["A=b c"], "'A=b c'"],
  ])("%s", (_name, argv, line) => {
    expect(quote(argv)).toBe(line);
  });

  it("refuses a NUL, which no argument can hold", () => {
    expect(() => quote(["a\0b"])).toThrow(RangeError);
  });

  it("arrives at a program as it was given, whatever is in it", () => {
    const argument = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({
        unit: fc.constantFrom("'", '"', "\\", "$", "`", "!", "\n", " ", "*", "~", "#", "-", "=", ";", "&", "é"),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(
          argument.filter((text) => !text.includes("\0")),
          { maxLength: 5 },
        ),
        (argv) => {
          const line = quote(["printf", "%s\\0", ...argv, "end"]);
          const said = execFileSync("sh", ["-c", line], { encoding: "utf8" });
          expect(said.split("\0").slice(0, -1)).toEqual([...argv, "end"]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("commandLine", () => {
  it("runs in the C locale, and carries a mark where one is given", () => {
    expect(commandLine(["ls", "a b"])).toBe("env LC_ALL=C ls 'a b'");
    expect(commandLine(["true"], "abc")).toBe("env LC_ALL=C GATEHOUSE_RUN=abc true");
  });
});

describe.skipIf(process.platform !== "linux")("endMarked (it needs /proc)", () => {
  it("ends the marked processes with all that they started, and no others", () => {
    const [mine, other] = [`${process.pid}a`, `${process.pid}b`];
    const script = `
      (${commandLine(["sh", "-c", "sleep 61 & sleep 61"], mine)}) >/dev/null 2>&1 &
      (${commandLine(["sleep", "62"], other)}) >/dev/null 2>&1 &
      count() { grep -lsF "GATEHOUSE_RUN=$1" /proc/[0-9]*/environ | wc -l; }
      while [ "$(count ${mine})" -lt 2 ] || [ "$(count ${other})" -lt 1 ]; do :; done
      ${endMarked(mine)}
      count ${mine}; count ${other}
      ${endMarked(other)}
      count ${other}`;
    const lines = execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim().split("\n");
    expect(lines.map(Number)).toEqual([0, 1, 0]);
  });
});
