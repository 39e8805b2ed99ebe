/** From the bytes in a store to the object they claim to be. */
import type { ArtefactReference } from "../../images/format/manifest.ts";
import { TabnixError } from "./errors.ts";
import { sha256Hex } from "./hash.ts";
import { STORE_MAX_OBJECT_BYTES } from "./limits.ts";
import { unpackFrame } from "./zstandard.ts";

/**
 * Decompresses and verifies an object. Memory is bounded by the reference's size, whatever the frame
 * claims.
 *
 * @throws TabnixError `corrupt` with the hash and the lengths
 */
export async function unpackObject(
  reference: ArtefactReference,
  compressed: Uint8Array,
): Promise<Uint8Array> {
  const { sha256, size, compressedSize } = reference;
  if (compressed.length !== compressedSize) {
    throw corrupt(sha256, `it has ${compressed.length} bytes instead of ${compressedSize}`);
  }
  if (size > STORE_MAX_OBJECT_BYTES) throw corrupt(sha256, `${size} bytes are more than allowed`);
  let bytes: Uint8Array;
  try {
    bytes = await unpackFrame(compressed, size);
  } catch (error) {
    throw corrupt(sha256, `its ${compressedSize} bytes are not a zstd frame of ${size}`, error);
  }
  const actual = await sha256Hex(bytes);
  if (actual !== sha256) throw corrupt(sha256, `its ${size} bytes have the SHA-256 ${actual}`);
  return bytes;
}

/** The error of an object whose bytes are wrong. */
export function corrupt(sha256: string, what: string, cause?: unknown): TabnixError {
  return new TabnixError(
    "corrupt",
    `The stored object ${sha256} is damaged: ${what}.`,
    "Reload the page; if it happens again, the image must be built or uploaded again.",
    cause,
  );
}
