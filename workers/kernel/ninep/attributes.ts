/** Requests about attributes: getattr, setattr, statfs. */
import { MAX_NAME_BYTES } from "../../shared/limits.ts";
import type { AttributeChanges } from "../filesystem/filesystem.ts";
import { answer, type Handler, type WaitingHandler } from "./call.ts";
import { checkTimestamp } from "./message.ts";
import { setattr as bits, GETATTR_BASIC, STATFS_TYPE } from "./protocol.ts";
import { checkChangeable } from "./service-files.ts";

/** What statfs(2) and stat(2) report as the best size of a block. */
const BLOCK_BYTES = 4096;
/** The unit of st_blocks. */
const SECTOR_BYTES = 512;
/** Birth time, generation and data version: six fields nobody asks for. */
const UNUSED_FIELDS = 4;

/** Tgetattr fid request_mask. The mask does not matter: everything is at hand. */
export const getattr: Handler = ({ fids }, request, reply) => {
  const { inode } = fids.get(request.u32());
  request.u64();
  const size = inode.isDirectory ? BLOCK_BYTES : inode.size;
  reply.u64(GETATTR_BASIC);
  reply.qid(inode);
  reply.u32(inode.mode);
  reply.u32(inode.uid);
  reply.u32(inode.gid);
  reply.u64(inode.nlink);
  reply.u64(inode.rdev);
  reply.u64(size);
  reply.u64(BLOCK_BYTES);
  reply.u64(Math.ceil(size / SECTOR_BYTES));
  reply.timestamp(inode.atime);
  reply.timestamp(inode.mtime);
  reply.timestamp(inode.ctime);
  for (let i = 0; i < UNUSED_FIELDS; i++) reply.u64(0);
};

/** Tsetattr fid valid mode uid gid size atime mtime */
export const setattr: WaitingHandler = ({ fids, fs }, request, reply) => {
  const { inode } = fids.get(request.u32());
  const valid = request.u32();
  const mode = request.u32();
  const uid = request.u32();
  const gid = request.u32();
  const size = request.u64();
  const atime = request.timestamp();
  const mtime = request.timestamp();
  checkChangeable(inode);

  const changes: AttributeChanges = {};
  if (valid & bits.mode) changes.mode = mode;
  if (valid & bits.uid) changes.uid = uid;
  if (valid & bits.gid) changes.gid = gid;
  if (valid & bits.atime) changes.atime = valid & bits.atimeSet ? checkTimestamp(atime) : "now";
  if (valid & bits.mtime) changes.mtime = valid & bits.mtimeSet ? checkTimestamp(mtime) : "now";
  const cut = valid & bits.size ? fs.truncate(inode, size) : undefined;
  return answer(cut, reply, () => {
    if (valid & ~bits.size) fs.setAttributes(inode, changes);
  });
};

/** Tstatfs fid */
export const statfs: Handler = ({ fids, fs }, request, reply) => {
  fids.get(request.u32());
  const space = fs.space();
  const freeBlocks = Math.floor(space.freeBytes / BLOCK_BYTES);
  reply.u32(STATFS_TYPE);
  reply.u32(BLOCK_BYTES);
  reply.u64(Math.floor(space.totalBytes / BLOCK_BYTES));
  reply.u64(freeBlocks);
  reply.u64(freeBlocks);
  reply.u64(space.totalInodes);
  reply.u64(space.freeInodes);
  reply.u64(0);
  reply.u32(MAX_NAME_BYTES);
};
