/**
 * Writes an initial RAM disk: a cpio archive of the "newc" kind, as in the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst. Uncompressed: the store compresses it
 * better, and the emulated processor need not unpack it.
 */
import { Buffer } from "node:buffer";

/** One member of the archive. Everything belongs to root and has no date: equal input, equal bytes. */
export interface CpioEntry {
  /** Relative, without a slash at its start; folders come before what is in them. */
  path: string;
  /** Permission bits. */
  mode: number;
  /** Contents; absent for a folder. */
  bytes?: Uint8Array;
}

const MAGIC = "070701";
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const TRAILER = "TRAILER!!!";
const ALIGNMENT = 4;

/** The bytes of an archive with these members. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const add = (inode: number, mode: number, path: string, bytes: Uint8Array) => {
    const name = Buffer.from(`${path}\0`);
    // In the format's order; the zeros are uid, gid, and later mtime, four device numbers, checksum.
    const fields = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
    const header = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
    parts.push(padded(Buffer.concat([Buffer.from(MAGIC + header), name])), padded(bytes));
  };
  entries.forEach(({ path, mode, bytes }, index) => {
    add(index + 1, mode | (bytes ? S_IFREG : S_IFDIR), path, bytes ?? new Uint8Array());
  });
  add(0, 0, TRAILER, new Uint8Array());
  return Buffer.concat(parts);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes], Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT);
}
