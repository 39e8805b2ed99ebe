/**
 * The tree index that a disk differs from, kept beside it. When an image is built anew the site has
 * another one, and what is on the disk means nothing without the old: see rebase/.
 *
 * A file of 32 bytes, the SHA-256 of the index, and the index as gzip. It is written after the disk's
 * first prompt; one that is not whole counts as missing.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { hexOf } from "../../shared/bytes.ts";
import { MAX_INDEX_BYTES } from "../../shared/limits.ts";
import { gunzip, gzip } from "../transfer/gzip.ts";
import type { DiskFile, DiskFolder } from "./disk-file.ts";

const NAME = "base";
const HASH_BYTES = 32;

/**
 * Keeps the index, unless it is kept already.
 *
 * @param base its SHA-256, lower-case hexadecimal
 * @throws DiskFullError
 */
export async function saveIndex(
  folder: DiskFolder,
  base: string,
  index: Uint8Array,
): Promise<void> {
  const file = await folder.open(NAME);
  try {
    if (hashIn(file) === base) return;
    const packed = await gzip(new Uint8Array(index));
    file.truncate(0);
    file.write(HASH_BYTES, packed);
    await file.flush();
    file.write(0, hexToBytes(base));
    await file.flush();
  } finally {
    file.close();
  }
}

/** @returns the index with that SHA-256, or undefined when it was not kept or is damaged */
export async function loadIndex(
  folder: DiskFolder,
  base: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const file = await folder.open(NAME);
  try {
    if (hashIn(file) !== base) return undefined;
    const packed = new Uint8Array(file.size - HASH_BYTES);
    file.read(HASH_BYTES, packed);
    const index = await gunzip(packed, MAX_INDEX_BYTES).catch(() => undefined);
    return index && hexOf(sha256(index)) === base ? index : undefined;
  } finally {
    file.close();
  }
}

/** What the file says it has, in lower-case hexadecimal. */
function hashIn(file: DiskFile): string | undefined {
  const hash = new Uint8Array(HASH_BYTES);
  return file.read(0, hash) === HASH_BYTES ? hexOf(hash) : undefined;
}
