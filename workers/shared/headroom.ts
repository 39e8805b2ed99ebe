/**
 * Bytes with room in front of them for the header of a message, so that making one copies nothing. The
 * room is taken once: whoever shares the memory afterwards has what was written there.
 */

/** Room enough for the headers of WISP. */
const HEADROOM_BYTES = 8;

/** Memory whose room nobody has taken yet. */
const free = new WeakSet<ArrayBufferLike>();

/**
 * A copy of `bytes` with room in front of it.
 *
 * @param allocate gives memory for this alone; all of it is written, so it need not be clean
 */
export function copyWithHeadroom(
  bytes: Uint8Array,
  allocate: (length: number) => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const memory = allocate(HEADROOM_BYTES + bytes.length);
  memory.fill(0, 0, HEADROOM_BYTES);
  memory.set(bytes, HEADROOM_BYTES);
  free.add(memory.buffer);
  return memory.subarray(HEADROOM_BYTES);
}

/**
 * `bytes` with `length` more in front, which are to be written.
 *
 * @returns undefined where there is no room, or it was taken
 */
export function takeHeadroom(
  bytes: Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  const { buffer, byteOffset } = bytes;
  if (byteOffset !== HEADROOM_BYTES || length > HEADROOM_BYTES) return undefined;
  if (!free.delete(buffer)) return undefined;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset - length, length + bytes.length);
}
