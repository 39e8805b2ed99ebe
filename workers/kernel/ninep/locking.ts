/** Requests about record locks. A lock that has to wait is answered BLOCKED: the client asks again. */
import type { LockOwner, LockRange } from "../filesystem/locks.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Handler } from "./call.ts";
import type { Fid } from "./fid.ts";
import { lockStatus, lock as types } from "./protocol.ts";

/** Tlock fid type flags start length proc_id client_id */
export const lock: Handler = ({ fids, fs }, request, reply) => {
  const fid = fids.get(request.u32());
  const type = checkType(request.u8());
  request.u32();
  const range = rangeOf(request.u64(), request.u64());
  const owner = ownerOf(fid, request.u32(), request.string16());
  const { number } = fid.inode;
  if (type === types.unlock) {
    fs.locks.unlock(number, owner, range);
    return reply.u8(lockStatus.success);
  }
  const granted = fs.locks.lock(number, owner, range, type === types.exclusive);
  reply.u8(granted ? lockStatus.success : lockStatus.blocked);
};

/** Tgetlock fid type start length proc_id client_id: answers with the lock in the way, or "unlock". */
export const getlock: Handler = ({ fids, fs }, request, reply) => {
  const fid = fids.get(request.u32());
  const type = checkType(request.u8());
  const start = request.u64();
  const length = request.u64();
  const process = request.u32();
  const client = request.string16();
  const range = rangeOf(start, length);
  const owner = ownerOf(fid, process, client);
  const held = fs.locks.conflict(fid.inode.number, owner, range, type === types.exclusive);
  if (!held) {
    reply.u8(types.unlock);
    reply.u64(start);
    reply.u64(length);
    reply.u32(process);
    return reply.string16(client);
  }
  reply.u8(held.exclusive ? types.exclusive : types.shared);
  reply.u64(held.start);
  reply.u64(held.end === Number.POSITIVE_INFINITY ? 0 : held.end - held.start);
  reply.u32(held.owner.process);
  reply.string16(held.owner.client);
};

function checkType(type: number): number {
  if (type > types.unlock) throw new PosixError("EINVAL", "type of lock");
  return type;
}

/** Length 0 reaches to the end of the file, however it grows. */
function rangeOf(start: number, length: number): LockRange {
  return { start, end: length === 0 ? Number.POSITIVE_INFINITY : start + length };
}

function ownerOf(file: Fid, process: number, client: string): LockOwner {
  return { client, process, file };
}
