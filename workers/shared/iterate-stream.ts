/**
 * The pieces of a stream, one after another; to stop before its end cancels it. WebKit's streams are not
 * iterable by themselves (https://streams.spec.whatwg.org/#rs-asynciterator).
 *
 * @throws what the stream fails with
 */
export async function* iterateStream<Piece>(
  stream: ReadableStream<Piece>,
): AsyncGenerator<Piece, void, undefined> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    isDone = true;
  } finally {
    if (!isDone) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

/** Makes a stream that is handed out iterable where the browser does not. */
export function iterable<Piece>(stream: ReadableStream<Piece>): ReadableStream<Piece> {
  if (stream[Symbol.asyncIterator]) return stream;
  return Object.defineProperty(stream, Symbol.asyncIterator, {
    value: () => iterateStream(stream),
  });
}
