/**
 * The whole of an answer, held in memory up to `maxBytes`; then `tooLarge` is thrown, and the stream is ended with it.
 * Rejects as the stream does.
 */
export async function wholeBody(
  stream: AsyncIterable<Buffer>,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    // A copy: whoever reads a channel may use the same memory for the next piece.
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}
