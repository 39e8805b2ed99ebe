/** Requests about names: walking, making, linking, renaming and removing. */
import { NINEP_MAX_WALK_NAMES } from "../../shared/limits.ts";
import type { Creation } from "../filesystem/filesystem.ts";
import { type Inode, ROOT_NUMBER } from "../filesystem/inode.ts";
import { errno, PosixError } from "../filesystem/posix-error.ts";
import type { Handler } from "./call.ts";
import type { Fid } from "./fid.ts";
import { AT_REMOVEDIR, NO_UID } from "./protocol.ts";
import { checkChangeable } from "./service-files.ts";

/** Tattach fid afid uname aname n_uname. There is one tree, so aname does not matter. */
export const attach: Handler = ({ fids, root }, request, reply) => {
  const number = request.u32();
  request.u32();
  request.string16();
  request.string16();
  const uid = request.u32();
  fids.checkFree(number);
  fids.add(number, {
    inode: root,
    uid: uid === NO_UID ? 0 : uid,
    parent: undefined,
    name: "",
    flags: undefined,
    xattr: undefined,
  });
  reply.qid(root);
};

/** Twalk fid newfid nwname*name. A walk that fails after the first name answers with what it found. */
export const walk: Handler = ({ fids, fs, service }, request, reply) => {
  const number = request.u32();
  const newNumber = request.u32();
  const names = request.u16();
  if (names > NINEP_MAX_WALK_NAMES) throw new PosixError("EINVAL", "too many names");
  const fid = fids.get(number);
  if (fid.xattr) throw new PosixError("EBADF");
  if (newNumber !== number) fids.checkFree(newNumber);
  const path = Array.from({ length: names }, () => request.string16());

  const countAt = reply.length;
  reply.u16(names);
  let { inode, parent, name } = fid;
  for (const [index, next] of path.entries()) {
    const found = service?.find(inode, next) ?? (inode.directory && fs.find(inode, next));
    if (!found) {
      if (index === 0) reply.fail(inode.isDirectory ? errno.ENOENT : errno.ENOTDIR);
      else reply.patchU16(countAt, index);
      return;
    }
    parent = inode;
    name = next;
    inode = found;
    reply.qid(inode);
  }
  const walked: Fid = { inode, uid: fid.uid, parent, name, flags: undefined, xattr: undefined };
  fs.retain(inode);
  if (newNumber === number) fids.remove(number);
  fids.add(newNumber, walked);
  fs.release(inode);
};

/** Tmkdir dfid name mode gid */
export const mkdir: Handler = ({ fids, fs }, request, reply) => {
  const fid = fids.get(request.u32());
  const name = request.string16();
  const mode = request.u32();
  reply.qid(fs.mkdir(fid.inode, name, creation(fid, mode, request.u32())));
};

/** Tsymlink dfid name target gid */
export const symlink: Handler = ({ fids, fs }, request, reply) => {
  const fid = fids.get(request.u32());
  const name = request.string16();
  const target = request.string16();
  reply.qid(fs.symlink(fid.inode, name, target, creation(fid, 0, request.u32())));
};

/** Tmknod dfid name mode major minor gid */
export const mknod: Handler = ({ fids, fs }, request, reply) => {
  const fid = fids.get(request.u32());
  const name = request.string16();
  const mode = request.u32();
  const rdev = deviceNumber(request.u32(), request.u32());
  reply.qid(fs.mknod(fid.inode, name, creation(fid, mode, request.u32()), rdev));
};

/** Treadlink fid */
export const readlink: Handler = ({ fids }, request, reply) => {
  const { target } = fids.get(request.u32()).inode;
  if (target === undefined) throw new PosixError("EINVAL", "not a symbolic link");
  reply.string16(target);
};

/** Tlink dfid fid name */
export const link: Handler = ({ fids, fs }, request) => {
  const directory = fids.get(request.u32()).inode;
  const { inode } = fids.get(request.u32());
  checkChangeable(inode);
  fs.link(directory, request.string16(), inode);
};

/** Trenameat olddirfid oldname newdirfid newname */
export const renameat: Handler = ({ fids, fs }, request) => {
  const from = fids.get(request.u32()).inode;
  const oldName = request.string16();
  const to = fids.get(request.u32()).inode;
  fs.rename(from, oldName, to, request.string16());
};

/** Trename fid dfid name: the older form; the fid goes with its file. */
export const rename: Handler = ({ fids, fs }, request) => {
  const fid = fids.get(request.u32());
  const to = fids.get(request.u32()).inode;
  const newName = request.string16();
  fs.rename(parentOf(fid), fid.name, to, newName);
  fid.parent = to;
  fid.name = newName;
};

/** Tunlinkat dirfid name flags */
export const unlinkat: Handler = ({ fids, fs }, request) => {
  const directory = fids.get(request.u32()).inode;
  const name = request.string16();
  if (request.u32() & AT_REMOVEDIR) fs.rmdir(directory, name);
  else fs.unlink(directory, name);
};

/** Tremove fid: the older form; the fid is gone even when the file is not. */
export const remove: Handler = ({ fids, fs }, request) => {
  const number = request.u32();
  const fid = fids.get(number);
  try {
    const parent = parentOf(fid);
    if (fid.inode.isDirectory) fs.rmdir(parent, fid.name);
    else fs.unlink(parent, fid.name);
  } finally {
    fids.remove(number);
  }
};

/** What a new file gets: the user who attached, and the group and mode the client chose. */
export function creation(fid: Fid, mode: number, gid: number): Creation {
  return { mode, uid: fid.uid, gid };
}

/** @throws PosixError EBUSY for the root, ENOENT when the name the fid was walked to is gone */
function parentOf(fid: Fid): Inode {
  if (fid.inode.number === ROOT_NUMBER || !fid.parent) throw new PosixError("EBUSY");
  if (fid.parent.directory?.get(fid.name)?.inode !== fid.inode) throw new PosixError("ENOENT");
  return fid.parent;
}

/** Linux's encoding of a device number in 32 bits (new_encode_dev). */
function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
