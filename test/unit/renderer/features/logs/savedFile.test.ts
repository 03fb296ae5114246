import { describe, expect, test } from "vitest";
import type { SavePiece } from "../../../../../electron/contract/logs.ts";
import { type Progress, savedFile } from "../../../../../renderer/features/logs/savedFile.ts";

const rows = (text: string, done: number): SavePiece => ({ kind: "rows", text, done, total: 2 });
const end: SavePiece = { kind: "end", fileName: "log.txt", head: "head\n", lines: 2, left: 3 };

async function* of(...pieces: (SavePiece | Error)[]): AsyncGenerator<SavePiece> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield piece;
  }
}

describe("a file from its pieces", () => {
  test.each([
    ["short ones", "a\n", "ü\n"],
    ["longer than what is held at once", `${"a".repeat(5_000_000)}\n`, `${"ü".repeat(5_000_000)}\n`],
  ])("%s: the header stands before all of them", async (_name, one, two) => {
    const seen: Progress[] = [];
    const file = await savedFile(of(rows("", 0), rows(one, 1), rows(two, 2), end), (progress) => seen.push(progress));
    expect([file.fileName, file.left, (await file.content.text()) === `head\n${one}${two}`]).toEqual([
      "log.txt",
      3,
      true,
    ]);
    expect(seen).toEqual([0, 1, 2].map((done) => ({ done, total: 2 })));
  });

  test.each([
    ["pieces without an end", [rows("a\n", 1), rows("b\n", 2)], "connection lost"],
    ["nothing", [], "connection lost"],
    ["a stream that breaks", [rows("a\n", 1), new Error("broken")], "broken"],
  ])("%s are no file", async (_name, pieces, message) => {
    await expect(savedFile(of(...pieces), () => {})).rejects.toThrow(message);
  });
});
