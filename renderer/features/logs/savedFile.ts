import type { SavePiece } from "../../../electron/contract/index.ts";
import { ConnectionError } from "../../client/index.ts";

export type SavedFile = { fileName: string; content: Blob; left: number };
export type Progress = { done: number; total: number };

/** Text that is held before the browser is given it to keep: of a large file it keeps the most on disk. */
const handOver = 4 * 1024 * 1024;

/** Puts a file together. It is whole, or it throws: pieces that end without an end are no file. */
export async function savedFile(
  pieces: AsyncIterable<SavePiece>,
  onProgress: (progress: Progress) => void,
): Promise<SavedFile> {
  const parts: Blob[] = [];
  let texts: string[] = [];
  let chars = 0;
  for await (const piece of pieces) {
    if (piece.kind === "end") {
      const { fileName, head, left } = piece;
      return { fileName, content: new Blob([head, ...parts, ...texts], { type: "text/plain;charset=utf-8" }), left };
    }
    texts.push(piece.text);
    chars += piece.text.length;
    if (chars >= handOver) {
      parts.push(new Blob(texts));
      texts = [];
      chars = 0;
    }
    onProgress({ done: piece.done, total: piece.total });
  }
  throw new ConnectionError("lost");
}
