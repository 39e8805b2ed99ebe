/** Inodes as a WebAssembly program sees them. */
import type { FileKind, Nanoseconds, Status } from "../../wasi/contract.ts";
import type { Inode } from "../filesystem/inode.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Timestamp } from "../filesystem/time.ts";
import type { OpenFile } from "./open-files.ts";

const NANOSECONDS = 1_000_000_000n;

export function kindOf(inode: Inode): FileKind {
  if (inode.isFile) return "file";
  if (inode.isDirectory) return "directory";
  return inode.isSymlink ? "link" : "device";
}

export function statusOf(inode: Inode): Status {
  return {
    inode: inode.number,
    kind: kindOf(inode),
    links: inode.nlink,
    size: inode.size,
    atime: nanosecondsOf(inode.atime),
    mtime: nanosecondsOf(inode.mtime),
    ctime: nanosecondsOf(inode.ctime),
  };
}

/** The same of what is open. Streams and devices have no more than their kind. */
export function statusOfOpen(file: OpenFile): Status {
  if ("inode" in file) return statusOf(file.inode);
  // A device is no terminal, which is what programs take one for that cannot seek.
  const kind = "kind" in file ? file.kind : "stream";
  return { inode: 0, kind, links: 1, size: 0, atime: "0", mtime: "0", ctime: "0" };
}

/** @throws PosixError EINVAL for what is no time */
export function timeOf(time: Nanoseconds | "now"): Timestamp | "now" {
  if (time === "now") return time;
  if (!/^\d{1,20}$/.test(time)) throw new PosixError("EINVAL");
  const whole = BigInt(time);
  return { seconds: Number(whole / NANOSECONDS), nanoseconds: Number(whole % NANOSECONDS) };
}

function nanosecondsOf({ seconds, nanoseconds }: Timestamp): Nanoseconds {
  return String(BigInt(seconds) * NANOSECONDS + BigInt(nanoseconds));
}
