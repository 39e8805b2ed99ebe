/** Extended attributes of inodes; see xattr(7). */
import { copyOf } from "../../shared/bytes.ts";
import {
  MAX_XATTR_LIST_BYTES,
  MAX_XATTR_NAME_BYTES,
  MAX_XATTR_VALUE_BYTES,
} from "../../shared/limits.ts";
import type { FileSystem } from "./filesystem.ts";
import type { Inode } from "./inode.ts";
import type { ByteString } from "./names.ts";
import { PosixError } from "./posix-error.ts";

/** The namespaces that are kept. POSIX ACLs (system.*) are not supported. */
const NAMESPACES = ["user.", "trusted.", "security."];

/** Whether the attribute must be new, must be there, or may be either. */
export type XattrCondition = "create" | "replace" | "either";

/** @throws PosixError ENODATA, EOPNOTSUPP */
export function getXattr(inode: Inode, name: ByteString): Uint8Array {
  checkNamespace(name);
  const value = inode.xattrs?.get(name);
  if (!value) throw new PosixError("ENODATA", name);
  return value;
}

/** The names, each followed by a NUL, as listxattr(2) gives them. */
export function listXattrs(inode: Inode): ByteString {
  let list = "";
  for (const name of inode.xattrs?.keys() ?? []) list += `${name}\0`;
  return list;
}

/**
 * Sets an attribute.
 *
 * @throws PosixError ERANGE for the name, E2BIG for the value, ENOSPC when the inode has too many,
 *   EEXIST or ENODATA against `condition`, EPERM for user.* on what is no file or directory, EOPNOTSUPP
 */
export function setXattr(
  fs: FileSystem,
  inode: Inode,
  name: ByteString,
  value: Uint8Array,
  condition: XattrCondition = "either",
): void {
  checkNamespace(name);
  if (name.startsWith("user.") && !inode.isFile && !inode.isDirectory)
    throw new PosixError("EPERM");
  if (name.length > MAX_XATTR_NAME_BYTES) throw new PosixError("ERANGE");
  if (value.length > MAX_XATTR_VALUE_BYTES) throw new PosixError("E2BIG");
  const present = inode.xattrs?.has(name) ?? false;
  if (present && condition === "create") throw new PosixError("EEXIST", name);
  if (!present && condition === "replace") throw new PosixError("ENODATA", name);
  if (!present && listXattrs(inode).length + name.length + 1 > MAX_XATTR_LIST_BYTES) {
    throw new PosixError("ENOSPC");
  }
  inode.xattrs ??= new Map();
  inode.xattrs.set(name, copyOf(value));
  touch(fs, inode);
}

/** @throws PosixError ENODATA, EOPNOTSUPP */
export function removeXattr(fs: FileSystem, inode: Inode, name: ByteString): void {
  checkNamespace(name);
  if (!inode.xattrs?.delete(name)) throw new PosixError("ENODATA", name);
  touch(fs, inode);
}

function touch(fs: FileSystem, inode: Inode): void {
  fs.setAttributes(inode, {});
}

function checkNamespace(name: ByteString): void {
  const namespace = NAMESPACES.find((prefix) => name.startsWith(prefix));
  if (namespace === undefined) throw new PosixError("EOPNOTSUPP", name);
  if (name === namespace) throw new PosixError("EINVAL", name);
}
