/** Requests about extended attributes, and reading and writing through the fids they make. */
import { MAX_XATTR_VALUE_BYTES } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { bytesOf } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import {
  getXattr,
  listXattrs,
  removeXattr,
  setXattr,
  type XattrCondition,
} from "../filesystem/xattrs.ts";
import type { Handler } from "./call.ts";
import type { FidXattr } from "./fid.ts";
import { dataBuffer, type ReplyWriter } from "./message.ts";
import { DATA_HEADER_BYTES, XATTR_CREATE, XATTR_REPLACE } from "./protocol.ts";
import { checkChangeable } from "./service-files.ts";

/** Txattrwalk fid newfid name: newfid reads the value, or without a name the list of names. */
export const xattrwalk: Handler = ({ fids }, request, reply) => {
  const fid = fids.get(request.u32());
  const newNumber = request.u32();
  const name = request.string16();
  fids.checkFree(newNumber);
  const { inode } = fid;
  const value = name === "" ? bytesOf(listXattrs(inode)) : getXattr(inode, name);
  fids.add(newNumber, { ...fid, flags: undefined, xattr: { kind: "read", value } });
  reply.u64(value.length);
};

/** Txattrcreate fid name size flags: the fid takes the value, which is set when it is clunked. */
export const xattrcreate: Handler = ({ fids }, request) => {
  const fid = fids.get(request.u32());
  const name = request.string16();
  const size = request.u64();
  const flags = request.u32();
  if (fid.flags !== undefined || fid.xattr) throw new PosixError("EINVAL", "the fid is open");
  checkChangeable(fid.inode);
  if (size > MAX_XATTR_VALUE_BYTES) throw new PosixError("E2BIG");
  fid.xattr = {
    kind: "write",
    name,
    value: new Uint8Array(size),
    written: 0,
    condition: conditionOf(flags),
  };
};

/** Tread of a fid made by {@link xattrwalk}. */
export function readXattr(
  xattr: FidXattr,
  offset: number,
  count: number,
  reply: ReplyWriter,
): void {
  if (xattr.kind === "write") throw new PosixError("EBADF", "open for writing only");
  const part = xattr.value.subarray(offset, offset + count);
  const buffer = dataBuffer(part.length);
  buffer.set(part, DATA_HEADER_BYTES);
  reply.dataReply(buffer, part.length);
}

/** Twrite to a fid made by {@link xattrcreate}. */
export function writeXattr(xattr: FidXattr, offset: number, data: Uint8Array): void {
  if (xattr.kind === "read") throw new PosixError("EBADF", "open for reading only");
  if (offset + data.length > xattr.value.length) throw new PosixError("EINVAL", "beyond its size");
  xattr.value.set(data, offset);
  xattr.written = Math.max(xattr.written, offset + data.length);
}

/**
 * Tclunk sets the attribute. Linux removes one by giving no value to one that must be there.
 *
 * @throws PosixError those of setting it, EINVAL when the value is not complete
 */
export function finishXattr(fs: FileSystem, inode: Inode, xattr: FidXattr): void {
  if (xattr.kind === "read") return;
  const { name, value, written, condition } = xattr;
  if (written < value.length) throw new PosixError("EINVAL", "the value is not complete");
  if (value.length === 0 && condition === "replace") removeXattr(fs, inode, name);
  else setXattr(fs, inode, name, value, condition);
}

function conditionOf(flags: number): XattrCondition {
  if (flags === 0) return "either";
  if (flags === XATTR_CREATE) return "create";
  if (flags === XATTR_REPLACE) return "replace";
  throw new PosixError("EINVAL", "flags of setxattr");
}
