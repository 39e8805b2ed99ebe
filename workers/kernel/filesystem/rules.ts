/** What may be done with an inode or a name, apart from any tree. */
import type { Inode } from "./inode.ts";
import type { ByteString } from "./names.ts";
import { PosixError } from "./posix-error.ts";

/** Whether it is "." or "..". */
export function isDots(name: ByteString): boolean {
  return name === "." || name === "..";
}

/** @throws PosixError EISDIR, or EINVAL for what has no content */
export function checkContent(inode: Inode): void {
  if (inode.isFile) return;
  throw inode.isDirectory
    ? new PosixError("EISDIR")
    : new PosixError("EINVAL", "it has no content");
}

/** Whether `inode` is `ancestor` or lies below it. */
export function isInside(inode: Inode, ancestor: Inode): boolean {
  let above: Inode | undefined = inode;
  while (above && above !== ancestor && above.parent !== above) above = above.parent;
  return above === ancestor;
}

/** @throws PosixError when a file would replace a directory, the reverse, or the directory has entries */
export function checkReplaceable(inode: Inode, replaced: Inode): void {
  if (inode.isDirectory && !replaced.isDirectory) throw new PosixError("ENOTDIR");
  if (!inode.isDirectory && replaced.isDirectory) throw new PosixError("EISDIR");
  if (replaced.directory && replaced.directory.size > 0) throw new PosixError("ENOTEMPTY");
}
