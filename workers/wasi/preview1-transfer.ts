/** WASI functions that move bytes and positions: fd_read, fd_write, fd_seek and their kin. */
import { WASI_DATA_BYTES } from "../shared/limits.ts";
import { WasiError } from "./errno.ts";
import { type Cursor, isStream, type OpenFile } from "./file-table.ts";
import { FdFlag, toOffset } from "./layouts.ts";
import { totalLength, within } from "./memory.ts";
import type { Context } from "./preview1.ts";
import { ask, type Steps, type WasiFunctions } from "./steps.ts";

/** whence. */
const Whence = { set: 0, current: 1, end: 2 } as const;

/** Those of one program. */
export function transferFunctions({ memory, files, ahead }: Context): WasiFunctions {
  function* read(file: OpenFile, targets: readonly Uint8Array[], start: number): Steps<number> {
    yield* mustBeReady(file, false);
    const total = totalLength(targets);
    // A file is read on for as long as there is room; a stream may have no more.
    const wanted = isPositioned(file) ? total : Math.min(total, WASI_DATA_BYTES);
    return yield* inPieces(wanted, false, function* (done, length) {
      const data = isPositioned(file)
        ? yield* ahead.read(file.file, start + done, length)
        : yield* readStream(file, length);
      let taken = 0;
      for (const target of within(targets, done, data.length)) {
        target.set(data.subarray(taken, taken + target.length));
        taken += target.length;
      }
      return taken;
    });
  }

  return {
    *fd_read(fd: number, vectors: number, count: number, result: number) {
      const file = files.readable(fd);
      const targets = memory.vectors(vectors, count);
      memory.setU32(result, yield* onward(file, (start) => read(file, targets, start)));
    },

    *fd_pread(fd: number, vectors: number, count: number, offset: bigint, result: number) {
      const file = files.readable(fd);
      files.seekable(fd);
      const targets = memory.vectors(vectors, count);
      memory.setU32(result, yield* read(file, targets, toOffset(offset)));
    },

    *fd_write(fd: number, vectors: number, count: number, result: number) {
      const file = files.writable(fd);
      memory.setU32(result, yield* writeOn(file, memory.vectors(vectors, count)));
    },

    *fd_pwrite(fd: number, vectors: number, count: number, offset: bigint, result: number) {
      const file = files.writable(fd);
      files.seekable(fd);
      const sources = memory.vectors(vectors, count);
      const start = toOffset(offset);
      // As on Linux.
      const isAppending = (file.flags & FdFlag.append) !== 0;
      memory.setU32(result, yield* write(file, sources, isAppending ? "end" : start));
    },

    *fd_seek(fd: number, offset: bigint, whence: number, result: number) {
      const file = files.seekable(fd);
      yield* holding(file, function* () {
        const position = toOffset(offset + BigInt(yield* seekBase(file, whence)));
        file.cursor.position = position;
        memory.setU64(result, BigInt(position));
      });
    },

    *fd_tell(fd: number, result: number) {
      const position = yield* positionOf(files.seekable(fd));
      memory.setU64(result, BigInt(position));
    },
  };
}

/** Where reading goes on. */
export function* positionOf({ file, cursor }: { file: number; cursor: Cursor }): Steps<number> {
  if (cursor.position === "end") cursor.position = yield* sizeOf(file);
  return cursor.position;
}

/** The size of a file, by the kernel's number. */
export function* sizeOf(file: number): Steps<number> {
  const { status } = yield* ask({ op: "stat", file });
  return status?.size ?? 0;
}

/** Writes where the file is, or at its end if that is how it is open, and goes on from there. */
export function* writeOn(file: OpenFile, sources: readonly Uint8Array[]): Steps<number> {
  if (file.flags & FdFlag.append) {
    const length = yield* write(file, sources, "end");
    if (length > 0) file.cursor.position = "end";
    return length;
  }
  return yield* onward(file, (start) => write(file, sources, start));
}

/** Moves bytes from where the file is, which then is behind them. */
function* onward(file: OpenFile, move: (start: number) => Steps<number>): Steps<number> {
  if (!isPositioned(file)) return yield* move(0);
  return yield* holding(file, function* () {
    const start = yield* positionOf(file);
    const length = yield* move(start);
    file.cursor.position = start + length;
    return length;
  });
}

/** No other thread moves on in the file meanwhile. */
function* holding<T>({ cursor }: OpenFile, act: () => Steps<T>): Steps<T> {
  cursor.take();
  try {
    return yield* act();
  } finally {
    cursor.give();
  }
}

function* seekBase(file: OpenFile, whence: number): Steps<number> {
  if (whence === Whence.set) return 0;
  if (whence === Whence.current) return yield* positionOf(file);
  if (whence === Whence.end) return yield* sizeOf(file.file);
  throw new WasiError("EINVAL");
}

function* readStream({ file }: OpenFile, length: number): Steps<Uint8Array> {
  const { data } = yield* ask({ op: "read", file, offset: 0, length });
  return data.subarray(0, length);
}

function* write(
  file: OpenFile,
  sources: readonly Uint8Array[],
  start: number | "end",
): Steps<number> {
  yield* mustBeReady(file, true);
  // The kernel may take less than it is given; only who asked not to wait is told so.
  const isPatient = !(file.flags & FdFlag.nonblock);
  return yield* inPieces(totalLength(sources), isPatient, function* (done, length) {
    const offset = start === "end" ? start : start + done;
    const { count } = yield* ask(
      { op: "write", file: file.file, offset },
      within(sources, done, length),
    );
    return count ?? length;
  });
}

/** Whoever asked not to wait is told so instead. */
function* mustBeReady(file: OpenFile, write: boolean): Steps {
  if (!(file.flags & FdFlag.nonblock) || !isStream(file)) return;
  const files = [{ file: file.file, write }];
  const { ready } = yield* ask({ op: "poll", files, timeout: 0 });
  if (!ready?.[0]) throw new WasiError("EAGAIN");
}

/**
 * As many calls as it takes; fewer if one fails after others have worked, or does nothing.
 *
 * @param goesOn whether also after one that has done less than asked
 */
function* inPieces(
  total: number,
  goesOn: boolean,
  move: (done: number, length: number) => Steps<number>,
): Steps<number> {
  let done = 0;
  while (done < total) {
    const length = Math.min(total - done, WASI_DATA_BYTES);
    try {
      const count = yield* move(done, length);
      done += count;
      if (count === 0 || (count < length && !goesOn)) break;
    } catch (error) {
      if (done === 0 || !(error instanceof WasiError)) throw error;
      break;
    }
  }
  return done;
}

function isPositioned({ kind }: OpenFile): boolean {
  return kind === "file";
}
