/** WASI functions about open directories: what is in them, and which are open from the start. */
import type { DirectoryEntry } from "./contract.ts";
import { SUCCESS, WasiError } from "./errno.ts";
import { FILE_TYPES, toOffset } from "./layouts.ts";
import { textBytes } from "./memory.ts";
import type { Context } from "./preview1.ts";
import { ask, type WasiFunctions } from "./steps.ts";

/** Of a dirent: u64 cookie, u64 inode, u32 length of the name, u8 type. The name follows. */
const DIRENT_BYTES = 24;
/** Entries in one answer. Were all names as long as can be, they would still fit. */
const MOST_ENTRIES = 32;

/** Those of one program. */
export function directoryFunctions({ memory, files }: Context): WasiFunctions {
  const preopen = (fd: number) => {
    const { preopen: path } = files.get(fd);
    if (path === undefined) throw new WasiError("EBADF");
    return textBytes(path);
  };

  return {
    *fd_readdir(fd: number, pointer: number, length: number, start: bigint, result: number) {
      const { file, kind } = files.get(fd);
      if (kind !== "directory") throw new WasiError("ENOTDIR");
      const target = memory.bytes(pointer, length);
      let cookie = toOffset(start);
      let used = 0;
      while (used < length) {
        const count = Math.min(MOST_ENTRIES, Math.ceil((length - used) / DIRENT_BYTES));
        const { entries = [] } = yield* ask({ op: "list", file, cookie, count });
        for (const entry of entries) {
          used += putCut(target.subarray(used), dirent(entry));
          cookie = entry.cookie;
        }
        if (entries.length === 0) break;
      }
      memory.setU32(result, used);
    },

    fd_prestat_get(fd: number, result: number) {
      const path = preopen(fd);
      // The tag of a directory is 0.
      memory.structure(result, 8).setUint32(4, path.length, true);
      return SUCCESS;
    },

    fd_prestat_dir_name(fd: number, pointer: number, length: number) {
      const path = preopen(fd);
      if (length < path.length) throw new WasiError("ENAMETOOLONG");
      memory.bytes(pointer, path.length).set(path);
      return SUCCESS;
    },
  };
}

function dirent({ name, inode, kind, cookie }: DirectoryEntry): Uint8Array {
  const characters = textBytes(name);
  const bytes = new Uint8Array(DIRENT_BYTES + characters.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(cookie), true);
  view.setBigUint64(8, BigInt(inode), true);
  view.setUint32(16, characters.length, true);
  view.setUint8(20, FILE_TYPES[kind]);
  bytes.set(characters, DIRENT_BYTES);
  return bytes;
}

/** As much as there is room for: by a full buffer a program knows that there may be more. */
function putCut(target: Uint8Array, bytes: Uint8Array): number {
  const part = bytes.subarray(0, target.length);
  target.set(part);
  return part.length;
}
