/** Requests on open files and directories. */
import { CHANNEL_READ_BYTES } from "../../shared/limits.ts";
import type { Eventually } from "../filesystem/contents.ts";
import { DOT_COOKIE, DOT_DOT_COOKIE } from "../filesystem/directory.ts";
import type { Inode } from "../filesystem/inode.ts";
import type { ByteString } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { answer, type Connection, type Handler, type WaitingHandler } from "./call.ts";
import type { Fid } from "./fid.ts";
import { dataBuffer, type ReplyWriter } from "./message.ts";
import { creation } from "./namespace.ts";
import { DATA_HEADER_BYTES, open } from "./protocol.ts";
import type { Channel } from "./service-files.ts";
import { finishXattr, readXattr, writeXattr } from "./xattr.ts";

/** iounit 0: the client takes the message size less the header. */
const ANY_UNIT = 0;
/** qid[13] offset[8] type[1] and the name's length[2] */
const ENTRY_BYTES = 24;
/** d_type is the file type shifted down. */
const TYPE_SHIFT = 12;

/** Tlopen fid flags */
export const lopen: WaitingHandler = (connection, request, reply) => {
  const fid = connection.fids.get(request.u32());
  const flags = request.u32();
  return answer(openFid(connection, fid, flags), reply, (later) => {
    later.qid(fid.inode);
    later.u32(ANY_UNIT);
  });
};

/** Tlcreate fid name flags mode gid: makes a file in the fid's directory, and the fid is that file, open. */
export const lcreate: WaitingHandler = (connection, request, reply) => {
  const { fids, fs } = connection;
  const fid = fids.get(request.u32());
  const name = request.string16();
  const flags = request.u32();
  const mode = request.u32();
  const gid = request.u32();
  checkClosed(fid);
  const directory = fid.inode;
  const present = fs.find(directory, name);
  if (present && flags & open.exclusive) throw new PosixError("EEXIST", name);
  if (present) checkOpenable(present, flags);
  fids.move(fid, present ?? fs.create(directory, name, creation(fid, mode, gid)));
  fid.parent = directory;
  fid.name = name;
  return answer(openFid(connection, fid, flags), reply, (later) => {
    later.qid(fid.inode);
    later.u32(ANY_UNIT);
  });
};

/** Tread fid offset count */
export const read: WaitingHandler = ({ fids, fs, messageBytes, room }, request, reply) => {
  const fid = fids.get(request.u32());
  const offset = request.u64();
  const count = request.u32();
  const wanted = Math.min(count, messageBytes - DATA_HEADER_BYTES);
  if (fid.channel) return readChannel(fid.channel, count, wanted, reply);
  if (fid.xattr) {
    readXattr(fid.xattr, offset, wanted, reply);
    return undefined;
  }
  const { inode } = fid;
  if (inode.isDirectory) throw new PosixError("EISDIR");
  if (accessOf(fid) === open.writeOnly) throw new PosixError("EBADF", "open for writing only");
  const length = Math.max(0, Math.min(wanted, inode.size - offset));
  const buffer = dataBuffer(length, fs.isAtHand(inode) ? room : undefined);
  const result = fs.read(inode, offset, buffer.subarray(DATA_HEADER_BYTES));
  return answer(result, reply, (later, read) => later.dataReply(buffer, read));
};

/** Twrite fid offset count data */
export const write: WaitingHandler = ({ fids, fs }, request, reply) => {
  const fid = fids.get(request.u32());
  const offset = request.u64();
  const data = request.take(request.u32());
  if (fid.channel) {
    fid.channel.write(data);
    reply.u32(data.length);
    return undefined;
  }
  if (fid.xattr) {
    writeXattr(fid.xattr, offset, data);
    reply.u32(data.length);
    return undefined;
  }
  if (accessOf(fid) === open.readOnly) throw new PosixError("EBADF", "open for reading only");
  const append = (fid.flags ?? 0) & open.append;
  const result = fs.write(fid.inode, append ? "end" : offset, data);
  return answer(result, reply, (later) => later.u32(data.length));
};

/** Treaddir fid offset count. Offsets are cookies; see Directory. */
export const readdir: Handler = ({ fids, messageBytes }, request, reply) => {
  const fid = fids.get(request.u32());
  const { inode } = fid;
  const cookie = request.u64();
  const limit = Math.min(request.u32(), messageBytes - DATA_HEADER_BYTES);
  accessOf(fid);
  if (!inode.directory) throw new PosixError("ENOTDIR");
  const countAt = reply.length;
  reply.u32(0);
  const start = reply.length;
  const put = (entryCookie: number, name: ByteString, child: Inode) =>
    putEntry(reply, start + limit, entryCookie, name, child);
  let fits = true;
  if (cookie < DOT_COOKIE) fits = put(DOT_COOKIE, ".", inode);
  if (fits && cookie < DOT_DOT_COOKIE) fits = put(DOT_DOT_COOKIE, "..", inode.parent ?? inode);
  if (fits) {
    inode.directory.visitAfter(cookie, (entry) => {
      fits = put(entry.cookie, entry.name, entry.inode);
      return fits;
    });
  }
  const length = reply.length - start;
  if (!fits && length === 0) throw new PosixError("EINVAL", "not even one entry fits");
  reply.patchU32(countAt, length);
};

/** Tfsync fid datasync */
export const fsync: WaitingHandler = ({ fids, fs }, request, reply) => {
  fids.get(request.u32());
  return answer(fs.sync(), reply, () => {});
};

/** Tclunk fid */
export const clunk: Handler = ({ fids, fs }, request) => {
  const number = request.u32();
  const fid = fids.get(number);
  try {
    if (fid.xattr) finishXattr(fs, fid.inode, fid.xattr);
  } finally {
    fids.remove(number);
  }
};

/**
 * A read for less than {@link CHANNEL_READ_BYTES} is the rest of one that Linux has divided: it gets what
 * there is, if anything. What is there is taken when it is sent, so an interrupted read loses nothing.
 */
function readChannel(channel: Channel, count: number, most: number, reply: ReplyWriter) {
  const ready = count < CHANNEL_READ_BYTES ? undefined : channel.ready();
  return answer(ready, reply, (later) => {
    const bytes = channel.take(most);
    const buffer = dataBuffer(bytes.length);
    buffer.set(bytes, DATA_HEADER_BYTES);
    later.dataReply(buffer, bytes.length);
  });
}

function openFid({ fs, service }: Connection, fid: Fid, flags: number): Eventually<void> {
  checkClosed(fid);
  const channel = service?.channel(fid.inode);
  if (channel) {
    fid.channel = channel;
    fid.flags = flags;
    return undefined;
  }
  checkOpenable(fid.inode, flags);
  const truncate = flags & open.truncate && fid.inode.isFile;
  fid.flags = flags;
  return truncate ? fs.truncate(fid.inode, 0) : undefined;
}

function checkClosed(fid: Fid): void {
  if (fid.flags !== undefined || fid.xattr) throw new PosixError("EINVAL", "the fid is open");
}

/** @throws PosixError as open(2) */
function checkOpenable(inode: Inode, flags: number): void {
  const access = flags & open.accessMode;
  if (access > open.readWrite) throw new PosixError("EINVAL");
  if (inode.isSymlink) throw new PosixError("ELOOP");
  if (flags & open.directory && !inode.isDirectory) throw new PosixError("ENOTDIR");
  if (inode.isDirectory && access !== open.readOnly) throw new PosixError("EISDIR");
  if (!inode.isDirectory && !inode.isFile) throw new PosixError("ENXIO");
}

/** @throws PosixError EBADF when the fid is not open */
function accessOf(fid: Fid): number {
  if (fid.flags === undefined) throw new PosixError("EBADF", "the fid is not open");
  return fid.flags & open.accessMode;
}

/** Adds an entry unless it would reach beyond `end`. */
function putEntry(
  reply: ReplyWriter,
  end: number,
  cookie: number,
  name: ByteString,
  inode: Inode,
): boolean {
  if (reply.length + ENTRY_BYTES + name.length > end) return false;
  reply.qid(inode);
  reply.u64(cookie);
  reply.u8(inode.type >>> TYPE_SHIFT);
  reply.string16(name);
  return true;
}
