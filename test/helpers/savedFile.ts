import type { SavePiece } from "../../electron/contract/logs.ts";

/** A saved log, put together as the page does it. */
export async function savedFile(
  pieces: AsyncIterable<SavePiece> | Promise<AsyncIterable<SavePiece>>,
): Promise<{ fileName: string; text: string; lines: number; left: number }> {
  const texts: string[] = [];
  for await (const piece of await pieces) {
    if (piece.kind === "rows") texts.push(piece.text);
    else {
      const { fileName, head, lines, left } = piece;
      return { fileName, text: head + texts.join(""), lines, left };
    }
  }
  throw new Error("the pieces of a file ended before its end");
}
