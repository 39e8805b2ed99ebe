/** Numbers and structures of wasi_snapshot_preview1, as they are in a module's memory. */
import type { FileKind, Status } from "./contract.ts";
import { WasiError } from "./errno.ts";
import type { OpenFile } from "./file-table.ts";
import type { Memory } from "./memory.ts";

/** fdflags. */
export const FdFlag = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;
/** lookupflags. */
export const FOLLOW_LINKS = 1;
/** oflags. */
export const OpenFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
/** fstflags. */
export const TimeFlag = { atime: 1, atimeNow: 2, mtime: 4, mtimeNow: 8 } as const;

/** filetype. There is none for a pipe: it is unknown, as in other runtimes. */
export const FILE_TYPES: Record<FileKind, number> = {
  stream: 0,
  terminal: 2,
  device: 2,
  directory: 3,
  file: 4,
  link: 7,
};

/** rights, of which only what they say about a file's kind and how it is open has a meaning. */
export const Right = {
  dataSync: 1n << 0n,
  read: 1n << 1n,
  seek: 1n << 2n,
  tell: 1n << 5n,
  write: 1n << 6n,
  allocate: 1n << 8n,
  readDirectory: 1n << 14n,
  setSizeAt: 1n << 19n,
  setSize: 1n << 22n,
  all: (1n << 30n) - 1n,
} as const;
const WRITING = Right.write | Right.dataSync | Right.allocate | Right.setSize;
const POSITIONS = Right.seek | Right.tell;

const FILESTAT_BYTES = 64;
const FDSTAT_BYTES = 24;
/** All files are of one device. */
const DEVICE = 1n;

/** The rights of an open file, as current runtimes tell them and wasi-libc goes by them. */
export function rightsOf({ kind, read, write }: OpenFile): bigint {
  if (kind === "directory") {
    return Right.all & ~(Right.read | WRITING | POSITIONS | Right.setSizeAt);
  }
  let rights: bigint = Right.all;
  if (!read) rights &= ~Right.read;
  if (!write) rights &= ~WRITING;
  // It is by these that wasi-libc's isatty tells a terminal from another device.
  if (kind === "terminal" || kind === "stream") rights &= ~POSITIONS;
  return rights;
}

/** Whether the rights that a file is opened with are for reading, and for writing. */
export function accessOf(rights: bigint): { read: boolean; write: boolean } {
  return {
    read: (rights & (Right.read | Right.readDirectory)) !== 0n,
    write: (rights & (Right.write | Right.allocate | Right.setSize)) !== 0n,
  };
}

/** Writes a filestat. */
export function putStatus(memory: Memory, pointer: number, status: Status): void {
  const view = memory.structure(pointer, FILESTAT_BYTES);
  view.setBigUint64(0, DEVICE, true);
  view.setBigUint64(8, BigInt(status.inode), true);
  view.setUint8(16, FILE_TYPES[status.kind]);
  view.setBigUint64(24, BigInt(status.links), true);
  view.setBigUint64(32, BigInt(status.size), true);
  view.setBigUint64(40, BigInt(status.atime), true);
  view.setBigUint64(48, BigInt(status.mtime), true);
  view.setBigUint64(56, BigInt(status.ctime), true);
}

/** Writes an fdstat. */
export function putDescriptor(memory: Memory, pointer: number, file: OpenFile): void {
  const view = memory.structure(pointer, FDSTAT_BYTES);
  const rights = rightsOf(file);
  view.setUint8(0, FILE_TYPES[file.kind]);
  view.setUint16(2, file.flags, true);
  view.setBigUint64(8, rights, true);
  view.setBigUint64(16, file.kind === "directory" ? Right.all : rights, true);
}

/** A file's size or offset as a number. @throws WasiError EINVAL */
export function toOffset(value: bigint): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw new WasiError("EINVAL");
  return Number(value);
}
