/** 9P2000.L on the wire, as Linux's v9fs speaks it: diod's protocol.md is the description. */

/** Where a message has its type, after size[4]. */
export const TYPE_OFFSET = 4;

/** Types of requests. A reply's type is one more. */
export const request = {
  statfs: 8,
  lopen: 12,
  lcreate: 14,
  symlink: 16,
  mknod: 18,
  rename: 20,
  readlink: 22,
  getattr: 24,
  setattr: 26,
  xattrwalk: 30,
  xattrcreate: 32,
  readdir: 40,
  fsync: 50,
  lock: 52,
  getlock: 54,
  link: 70,
  mkdir: 72,
  renameat: 74,
  unlinkat: 76,
  version: 100,
  auth: 102,
  attach: 104,
  flush: 108,
  walk: 110,
  read: 116,
  write: 118,
  clunk: 120,
  remove: 122,
} as const;

/** Rlerror: the reply to any request that fails. */
export const RLERROR = 7;

/** size[4] type[1] tag[2] */
export const HEADER_BYTES = 7;
/** Header and count[4] of the replies that carry bytes. */
export const DATA_HEADER_BYTES = 11;

/** The tag of Tversion, and of replies to messages too short to have one. */
export const NO_TAG = 0xffff;
/** n_uname of a client that gives a name instead of a number. */
export const NO_UID = 0xffffffff;

export const PROTOCOL_VERSION = "9P2000.L";

/** qid.type */
export const QID_DIRECTORY = 0x80;
export const QID_SYMLINK = 0x02;
export const QID_FILE = 0x00;

/** Flags of Tlopen and Tlcreate: Linux's generic values on every architecture. */
export const open = {
  accessMode: 0o3,
  readOnly: 0o0,
  writeOnly: 0o1,
  readWrite: 0o2,
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  directory: 0o200000,
} as const;

/** Bits of `valid` in Tsetattr. */
export const setattr = {
  mode: 0x1,
  uid: 0x2,
  gid: 0x4,
  size: 0x8,
  atime: 0x10,
  mtime: 0x20,
  ctime: 0x40,
  atimeSet: 0x80,
  mtimeSet: 0x100,
} as const;

/** P9_STATS_BASIC: all that stat(2) reports. */
export const GETATTR_BASIC = 0x7ff;
/** V9FS_MAGIC: the type of filesystem in Rstatfs. */
export const STATFS_TYPE = 0x01021997;

/** AT_REMOVEDIR in Tunlinkat. */
export const AT_REMOVEDIR = 0x200;

/** Types and results of Tlock and Tgetlock. */
export const lock = { shared: 0, exclusive: 1, unlock: 2 } as const;
export const lockStatus = { success: 0, blocked: 1 } as const;

/** Flags of Txattrcreate. */
export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;
