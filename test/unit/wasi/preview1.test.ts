/** The functions of preview 1 on open files, and clocks, chance and errors. */
import { expect, test } from "vitest";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { WASI_DATA_BYTES } from "../../../workers/shared/limits.ts";
import type { FileKind } from "../../../workers/wasi/contract.ts";
import { APPEND, CREATE, DirectProgram, NONBLOCK, Rights } from "./direct-program.ts";
import { ROOT, stream, TestKernel } from "./test-kernel.ts";

const SET = 0;
const CURRENT = 1;
const END = 2;

function seek(program: DirectProgram, fd: number, offset: bigint, whence: number): string | number {
  const result = program.room(8);
  const error = program.call("fd_seek", fd, offset, whence, result);
  return error || Number(program.view.getBigUint64(result, true));
}

/** filetype, fdflags, rights. */
function descriptor(program: DirectProgram, fd: number) {
  const at = program.room(24);
  program.ok("fd_fdstat_get", fd, at);
  return {
    type: program.view.getUint8(at),
    flags: program.view.getUint16(at + 2, true),
    rights: program.view.getBigUint64(at + 8, true),
  };
}

test("writing and reading with several pieces, by position and beside it", () => {
  const program = new DirectProgram();
  const fd = program.open("file", { how: CREATE });
  expect(program.write(fd, "abc", "", "defg")).toBe(7);
  expect(program.tell(fd)).toBe(7);
  expect(seek(program, fd, 1n, SET)).toBe(1);
  const [a, b] = [
    { at: program.room(2), length: 2 },
    { at: program.room(10), length: 10 },
  ];
  const result = program.room(4);
  program.ok("fd_read", fd, program.vectors(a, b), 2, result);
  expect(program.view.getUint32(result, true)).toBe(6);
  expect(program.text(a.at, 2) + program.text(b.at, 4)).toBe("bcdefg");
  expect(program.read(fd, 10)).toBe("");
  expect(program.read(fd, 3, 2n)).toBe("cde");
  const { at, length } = program.put("XY");
  program.ok("fd_pwrite", fd, program.vectors({ at, length }), 1, 5n, result);
  expect(program.tell(fd)).toBe(7);
  expect(program.read(fd, 10, 0n)).toBe("abcdeXY");
});

test("seeking", () => {
  const program = new DirectProgram();
  program.file("file", "0123456789");
  const fd = program.open("file");
  expect(seek(program, fd, -3n, END)).toBe(7);
  expect(seek(program, fd, 2n, CURRENT)).toBe(9);
  expect(seek(program, fd, 100n, CURRENT)).toBe(109);
  expect(seek(program, fd, -200n, CURRENT)).toBe("EINVAL");
  expect(seek(program, fd, 2n ** 62n, SET)).toBe("EINVAL");
  expect(seek(program, fd, 0n, 3)).toBe("EINVAL");
  expect(program.tell(fd)).toBe(109);
  expect(seek(program, 0, 0n, SET)).toBe("ESPIPE");
  expect(seek(program, ROOT, 0n, SET)).toBe("EBADF");
});

test("appending goes to the end, wherever that is by then", () => {
  const program = new DirectProgram();
  program.file("log", "first\n");
  const fd = program.open("log", { flags: APPEND });
  const other = program.open("log", { flags: APPEND });
  expect(program.tell(fd)).toBe(0);
  program.write(fd, "second\n");
  program.write(other, "third\n");
  expect(program.tell(other)).toBe(19);
  expect(program.read(other, 100, 0n)).toBe("first\nsecond\nthird\n");
  // Appending can be switched off and on.
  program.ok("fd_fdstat_set_flags", fd, 0);
  expect(seek(program, fd, 0n, SET)).toBe(0);
  program.write(fd, "FIRST");
  program.ok("fd_fdstat_set_flags", fd, APPEND);
  expect(descriptor(program, fd).flags).toBe(APPEND);
  program.write(fd, "fourth\n");
  expect(program.read(other, 100, 0n)).toBe("FIRST\nsecond\nthird\nfourth\n");
});

test("what is longer than one call takes goes in several, as far as it gets", () => {
  const kernel = new TestKernel();
  const program = new DirectProgram({}, kernel);
  const long = "x".repeat(WASI_DATA_BYTES + 10);
  const fd = program.open("file", { how: CREATE });
  expect(program.write(fd, "ab", long)).toBe(long.length + 2);
  expect(kernel.calls.filter(({ op }) => op === "write")).toHaveLength(2);
  seek(program, fd, 0n, SET);
  expect(program.read(fd, long.length + 100)).toBe(`ab${long}`);
  kernel.failures.set("write", "ENOSPC");
  const { at, length } = program.put("abc");
  expect(program.call("fd_write", fd, program.vectors({ at, length }), 1, 8)).toBe("ENOSPC");
});

test("a write goes on while a stream takes less than all, until that fails", () => {
  const program = new DirectProgram();
  const { kernel } = program;
  kernel.streamBytes = 3;
  expect(program.write(1, "abcdefgh")).toBe(8);
  expect(kernel.output[1]).toBe("abcdefgh");
  kernel.readerBytes = 11;
  expect(program.write(1, "ijklmn")).toBe(3);
  const { at, length } = program.put("lmn");
  expect(program.call("fd_write", 1, program.vectors({ at, length }), 1, 8)).toBe("EPIPE");
});

test("closed descriptors are EBADF, and numbers are used again, the lowest first", () => {
  const program = new DirectProgram();
  const first = program.open("a", { how: CREATE });
  const second = program.open("b", { how: CREATE });
  expect([first, second]).toEqual([4, 5]);
  program.ok("fd_close", first);
  for (const name of ["fd_close", "fd_sync", "fd_datasync"]) {
    expect(program.call(name, first)).toBe("EBADF");
  }
  expect(program.call("fd_tell", first, 8)).toBe("EBADF");
  expect(program.call("fd_read", first, 8, 0, 8)).toBe("EBADF");
  expect(program.call("fd_write", -1, 8, 0, 8)).toBe("EBADF");
  expect(program.call("fd_filestat_get", first, 8)).toBe("EBADF");
  expect(program.call("fd_fdstat_get", first, 8)).toBe("EBADF");
  expect(program.call("sock_shutdown", first, 0)).toBe("EBADF");
  expect(program.call("sock_shutdown", second, 0)).toBe("ENOTSOCK");
  program.ok("fd_close", 0);
  expect(program.open("c", { how: CREATE })).toBe(0);
  expect(program.open("d", { how: CREATE })).toBe(4);
});

test("renumbering replaces a file, and closes it", () => {
  const program = new DirectProgram();
  program.file("a", "of a");
  program.file("b", "of b");
  const a = program.open("a");
  const b = program.open("b");
  program.ok("fd_renumber", a, b);
  expect(program.kernel.calls.at(-1)).toMatchObject({ op: "close" });
  expect(program.read(b, 10)).toBe("of a");
  expect(program.call("fd_close", a)).toBe("EBADF");
  expect(program.call("fd_renumber", b, a)).toBe("EBADF");
  expect(program.call("fd_renumber", a, b)).toBe("EBADF");
  program.ok("fd_renumber", b, b);
  expect(program.read(b, 10, 0n)).toBe("of a");
  // Output into a file, as a shell does it.
  program.ok("fd_renumber", program.open("out", { how: CREATE }), 1);
  program.write(1, "redirected");
  expect(program.read(program.open("out"), 20)).toBe("redirected");
});

test("files that are open one way only", () => {
  const program = new DirectProgram();
  program.file("file", "text");
  const reading = program.open("file", { rights: Rights.read });
  const writing = program.open("file", { rights: Rights.write });
  expect(program.call("fd_write", reading, 8, 0, 8)).toBe("EBADF");
  expect(program.call("fd_read", writing, 8, 0, 8)).toBe("EBADF");
  expect(program.call("fd_filestat_set_size", reading, 0n)).toBe("EBADF");
  expect(descriptor(program, reading).rights & Rights.both).toBe(Rights.read);
  expect(descriptor(program, writing).rights & Rights.both).toBe(Rights.write);
  expect(program.call("fd_read", 1, 8, 0, 8)).toBe("EBADF");
  expect(program.call("fd_read", ROOT, 8, 0, 8)).toBe("EISDIR");
  expect(program.call("fd_fdstat_set_rights", reading, 0n, 0n)).toBe("ENOTSUP");
});

test("streams have no positions", () => {
  const program = new DirectProgram();
  program.kernel.input.push(Buffer.from("line\n"));
  expect(program.call("fd_pread", 0, 8, 0, 0n, 8)).toBe("ESPIPE");
  expect(program.call("fd_pwrite", 1, 8, 0, 0n, 8)).toBe("ESPIPE");
  expect(program.call("fd_tell", 1, 8)).toBe("ESPIPE");
  expect(program.call("fd_advise", 0, 0n, 0n, 0)).toBe("ESPIPE");
  expect(program.read(0, 100)).toBe("line\n");
});

test.each<[FileKind, number, boolean]>([
  ["terminal", 2, true],
  ["device", 2, false],
  ["stream", 0, false],
  ["file", 4, false],
])("by its type and rights a %s is a terminal or not", (kind, type, isTerminal) => {
  const program = new DirectProgram({
    stdio: [stream(kind, false), stream(kind, true), stream(kind, true)],
  });
  const stat = descriptor(program, 0);
  expect(stat.type).toBe(type);
  // wasi-libc's isatty.
  const positions = (1n << 2n) | (1n << 5n);
  expect(stat.type === 2 && (stat.rights & positions) === 0n).toBe(isTerminal);
});

test("who asks not to wait is told to try again", () => {
  const program = new DirectProgram({
    stdio: [stream("stream", false, true), stream("stream", true), stream("stream", true)],
  });
  expect(descriptor(program, 0).flags).toBe(NONBLOCK);
  const vectors = program.vectors({ at: program.room(8), length: 8 });
  expect(program.call("fd_read", 0, vectors, 1, 8)).toBe("EAGAIN");
  program.kernel.input.push(Buffer.from("now"));
  expect(program.read(0, 8)).toBe("now");
});

test("clocks, chance and the rest", () => {
  const program = new DirectProgram();
  const at = program.room(8);
  const time = (clock: number) => {
    program.ok("clock_time_get", clock, 0n, at);
    return program.view.getBigUint64(at, true);
  };
  expect(Math.abs(Number(time(0) / 1_000_000n) - Date.now())).toBeLessThan(1000);
  for (const clock of [0, 1, 2, 3]) {
    program.ok("clock_res_get", clock, at);
    expect(program.view.getBigUint64(at, true)).toBeGreaterThan(0n);
    expect(time(clock)).toBeLessThanOrEqual(time(clock));
  }
  expect(program.call("clock_time_get", 4, 0n, at)).toBe("EINVAL");
  expect(program.call("clock_res_get", 4, at)).toBe("EINVAL");
  const chance = program.room(200_000);
  program.ok("random_get", chance, 200_000);
  expect(new Set(program.bytes(chance + 199_900, 100)).size).toBeGreaterThan(20);
  program.ok("sched_yield");
  expect(program.call("proc_raise", 15)).toBe("ENOSYS");
});

test("errors of the kernel come under WASI's numbers", async () => {
  const program = new DirectProgram();
  await writeFile(program.kernel.fs, "/file", new Uint8Array(0), { mode: 0o644 });
  const fd = program.open("file");
  program.kernel.failures.set("setSize", "EOPNOTSUPP");
  expect(program.call("fd_filestat_set_size", fd, 0n)).toBe("ENOTSUP");
  program.kernel.failures.set("sync", "ENODATA");
  expect(program.call("fd_sync", fd)).toBe("EIO");
  program.kernel.failures.set("write", "EPIPE");
  const { at, length } = program.put("x");
  expect(program.call("fd_write", 1, program.vectors({ at, length }), 1, 8)).toBe("EPIPE");
});

test("sizes: cutting, growing, reserving", () => {
  const program = new DirectProgram();
  const fd = program.open("file", { how: CREATE });
  program.write(fd, "0123456789");
  program.ok("fd_filestat_set_size", fd, 4n);
  program.ok("fd_allocate", fd, 2n, 1n);
  expect(program.read(fd, 20, 0n)).toBe("0123");
  program.ok("fd_allocate", fd, 2n, 6n);
  expect(program.read(fd, 20, 0n)).toBe("0123\0\0\0\0");
  expect(program.call("fd_allocate", fd, 0n, 0n)).toBe("EINVAL");
  expect(program.call("fd_filestat_set_size", fd, -1n)).toBe("EINVAL");
  program.ok("fd_advise", fd, 0n, 10n, 5);
  expect(program.call("fd_advise", fd, 0n, 10n, 6)).toBe("EINVAL");
  expect(program.call("fd_allocate", ROOT, 0n, 1n)).toBe("EBADF");
  program.ok("fd_sync", fd);
  program.ok("fd_datasync", fd);
});
