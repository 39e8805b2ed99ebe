/** Streams from elsewhere, read with a bound. */

/** What may still come, in bytes; several streams may share it. */
export interface Allowance {
  left: number;
}

/**
 * Reads a stream to its end.
 *
 * @returns undefined when there was more than the allowance, which ends the stream
 */
export async function readBounded(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  allowance: Allowance,
): Promise<Blob | undefined> {
  const reader = stream.getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces);
    allowance.left -= value.length;
    if (allowance.left < 0) {
      await reader.cancel().catch(() => {});
      return undefined;
    }
    pieces.push(value);
  }
}
