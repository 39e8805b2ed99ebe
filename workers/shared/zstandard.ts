/**
 * Zstandard frames (RFC 8878) of known sizes. The decoder in WebAssembly is ten times as fast as the
 * one in JavaScript, which a prompt in a second needs; but its memory never shrinks, and a page whose
 * policy forbids data: addresses cannot start it. JavaScript does what it should not or cannot do.
 */
import { decompress } from "fzstd";
import { ZSTDDecoder } from "zstddec";
import { WASM_DECODER_BYTES } from "./limits.ts";

const decoder = new ZSTDDecoder();
let ready: Promise<boolean> | undefined;

/**
 * Unpacks one frame. Memory is bounded by `size`, whatever the frame claims.
 *
 * @param size bytes it must unpack to
 * @throws Error when it is no frame of that size
 */
export async function unpackFrame(frame: Uint8Array, size: number): Promise<Uint8Array> {
  const bytes =
    size > 0 && size <= WASM_DECODER_BYTES && (await startDecoder())
      ? decoder.decode(frame, size)
      : decompress(frame, new Uint8Array(size));
  // A frame that is damaged, or of another size, comes out as nothing.
  if (bytes.length !== size) throw new Error(`not a zstd frame of ${size} bytes`);
  return bytes;
}

function startDecoder(): Promise<boolean> {
  ready ??= decoder.init().then(
    () => true,
    () => false,
  );
  return ready;
}
