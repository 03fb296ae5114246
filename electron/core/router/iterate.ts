/** oRPC wants a generator; the rooms promise only something that can be iterated. */
export async function* iterate<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  yield* source;
}
