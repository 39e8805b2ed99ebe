/** WASI functions that take paths. What a path leads to, and who may go there, the kernel decides. */
import { MAX_PATH_BYTES } from "../shared/limits.ts";
import { WasiError } from "./errno.ts";
import { newFile } from "./file-table.ts";
import { timeChanges } from "./file-times.ts";
import { accessOf, FdFlag, FOLLOW_LINKS, OpenFlag, putStatus } from "./layouts.ts";
import { textBytes } from "./memory.ts";
import type { Context } from "./preview1.ts";
import { ask, type WasiFunctions } from "./steps.ts";

/** Those of one program. */
export function pathFunctions({ memory, files }: Context): WasiFunctions {
  const pathAt = (pointer: number, length: number): string => {
    if (length > MAX_PATH_BYTES) throw new WasiError("ENAMETOOLONG");
    return memory.text(pointer, length);
  };
  /** Where a path starts, and the path. */
  const place = (fd: number, pointer: number, length: number) => {
    const { file, kind } = files.get(fd);
    if (kind !== "directory") throw new WasiError("ENOTDIR");
    return { at: file, path: pathAt(pointer, length) };
  };
  /** A function that does one thing to one path. */
  const simple = (op: "mkdir" | "unlink" | "rmdir") =>
    function* (fd: number, pointer: number, length: number) {
      yield* ask({ op, ...place(fd, pointer, length) });
    };

  return {
    path_create_directory: simple("mkdir"),
    path_unlink_file: simple("unlink"),
    path_remove_directory: simple("rmdir"),

    *path_open(
      fd: number,
      lookup: number,
      pointer: number,
      length: number,
      how: number,
      rights: bigint,
      _inheriting: bigint,
      fdFlags: number,
      result: number,
    ) {
      const flags = {
        ...accessOf(rights),
        append: (fdFlags & FdFlag.append) !== 0,
        nonblocking: (fdFlags & FdFlag.nonblock) !== 0,
      };
      // A bad address must not leave a file open that nobody knows.
      memory.setU32(result, 0);
      const { file, status } = yield* ask({
        op: "open",
        ...place(fd, pointer, length),
        follow: (lookup & FOLLOW_LINKS) !== 0,
        create: (how & OpenFlag.create) !== 0,
        exclusive: (how & OpenFlag.exclusive) !== 0,
        directory: (how & OpenFlag.directory) !== 0,
        truncate: (how & OpenFlag.truncate) !== 0,
        flags,
      });
      if (file === undefined || !status) throw new WasiError("EIO");
      const opened = { ...newFile(file, status.kind, flags), flags: fdFlags };
      memory.setU32(result, files.add(opened));
    },

    *path_filestat_get(
      fd: number,
      lookup: number,
      pointer: number,
      length: number,
      result: number,
    ) {
      const follow = (lookup & FOLLOW_LINKS) !== 0;
      const { status } = yield* ask({ op: "statAt", ...place(fd, pointer, length), follow });
      if (!status) throw new WasiError("EIO");
      putStatus(memory, result, status);
    },

    *path_filestat_set_times(
      fd: number,
      lookup: number,
      pointer: number,
      length: number,
      atime: bigint,
      mtime: bigint,
      timeFlags: number,
    ) {
      const follow = (lookup & FOLLOW_LINKS) !== 0;
      const changes = timeChanges(atime, mtime, timeFlags);
      yield* ask({ op: "setTimesAt", ...place(fd, pointer, length), follow, ...changes });
    },

    *path_link(
      fd: number,
      lookup: number,
      pointer: number,
      length: number,
      newFd: number,
      newPointer: number,
      newLength: number,
    ) {
      const old = place(fd, pointer, length);
      const { at: newAt, path: newPath } = place(newFd, newPointer, newLength);
      const follow = (lookup & FOLLOW_LINKS) !== 0;
      yield* ask({ op: "link", ...old, follow, newAt, newPath });
    },

    *path_rename(
      fd: number,
      pointer: number,
      length: number,
      newFd: number,
      newPointer: number,
      newLength: number,
    ) {
      const old = place(fd, pointer, length);
      const { at: newAt, path: newPath } = place(newFd, newPointer, newLength);
      yield* ask({ op: "rename", ...old, newAt, newPath });
    },

    *path_symlink(
      targetPointer: number,
      targetLength: number,
      fd: number,
      pointer: number,
      length: number,
    ) {
      const target = pathAt(targetPointer, targetLength);
      yield* ask({ op: "symlink", target, ...place(fd, pointer, length) });
    },

    *path_readlink(
      fd: number,
      pointer: number,
      length: number,
      bufferPointer: number,
      bufferLength: number,
      result: number,
    ) {
      const { target = "" } = yield* ask({ op: "readlink", ...place(fd, pointer, length) });
      // What does not fit is cut off, as by readlink(2).
      const bytes = textBytes(target).subarray(0, bufferLength);
      memory.bytes(bufferPointer, bytes.length).set(bytes);
      memory.setU32(result, bytes.length);
    },
  };
}
