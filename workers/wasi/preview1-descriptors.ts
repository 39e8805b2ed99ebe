/** WASI functions about open files as such: closing, numbers, flags, status, size, times, syncing. */
import { SUCCESS, WasiError } from "./errno.ts";
import { timeChanges } from "./file-times.ts";
import { FdFlag, putDescriptor, putStatus, toOffset } from "./layouts.ts";
import type { Context } from "./preview1.ts";
import { sizeOf } from "./preview1-transfer.ts";
import { ask, type WasiFunctions } from "./steps.ts";

/** The last of advice. */
const ADVICE_NO_REUSE = 5;
const ALL_FLAGS = FdFlag.append | FdFlag.dsync | FdFlag.nonblock | FdFlag.rsync | FdFlag.sync;

/** Those of one program. */
export function descriptorFunctions({ memory, files }: Context): WasiFunctions {
  function* sync(fd: number) {
    yield* ask({ op: "sync", file: files.get(fd).file });
  }

  return {
    fd_sync: sync,
    fd_datasync: sync,

    *fd_close(fd: number) {
      yield* ask({ op: "close", file: files.remove(fd).file });
    },

    *fd_renumber(from: number, to: number) {
      const replaced = files.renumber(from, to);
      if (replaced) yield* ask({ op: "close", file: replaced.file });
    },

    fd_fdstat_get(fd: number, result: number) {
      putDescriptor(memory, result, files.get(fd));
      return SUCCESS;
    },

    fd_fdstat_set_flags(fd: number, flags: number) {
      const file = files.get(fd);
      if (flags & ~ALL_FLAGS) throw new WasiError("EINVAL");
      file.flags = flags;
      return SUCCESS;
    },

    fd_fdstat_set_rights(fd: number) {
      files.get(fd);
      // Rights are how files tell their kind, and no means of protection, as in other runtimes.
      throw new WasiError("ENOTSUP");
    },

    *fd_filestat_get(fd: number, result: number) {
      const { status } = yield* ask({ op: "stat", file: files.get(fd).file });
      if (!status) throw new WasiError("EIO");
      putStatus(memory, result, status);
    },

    *fd_filestat_set_size(fd: number, size: bigint) {
      const { file } = files.writable(fd);
      yield* ask({ op: "setSize", file, size: toOffset(size) });
    },

    *fd_filestat_set_times(fd: number, atime: bigint, mtime: bigint, flags: number) {
      const { file } = files.get(fd);
      yield* ask({ op: "setTimes", file, ...timeChanges(atime, mtime, flags) });
    },

    *fd_allocate(fd: number, offset: bigint, length: bigint) {
      const { file } = files.writable(fd);
      files.seekable(fd);
      if (length <= 0n || offset < 0n) throw new WasiError("EINVAL");
      const size = toOffset(offset + length);
      if (size > (yield* sizeOf(file))) yield* ask({ op: "setSize", file, size });
    },

    fd_advise(fd: number, offset: bigint, length: bigint, advice: number) {
      files.seekable(fd);
      if (advice > ADVICE_NO_REUSE || offset < 0n || length < 0n) throw new WasiError("EINVAL");
      return SUCCESS;
    },
  };
}
