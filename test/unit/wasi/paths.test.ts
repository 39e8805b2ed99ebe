/** The functions of preview 1 that take paths or list directories. */
import { expect, test } from "vitest";
import { CREATE, DIRECTORY, DirectProgram, NOWHERE, Rights } from "./direct-program.ts";
import { ROOT } from "./test-kernel.ts";

function status(program: DirectProgram, path: string) {
  const at = program.room(64);
  const name = program.put(path);
  program.ok("path_filestat_get", ROOT, 0, name.at, name.length, at);
  const field = (offset: number) => program.view.getBigUint64(at + offset, true);
  return {
    inode: field(8),
    type: program.view.getUint8(at + 16),
    links: field(24),
    size: field(32),
    atime: field(40),
    mtime: field(48),
  };
}

test("open directories tell their paths", () => {
  const program = new DirectProgram();
  const at = program.room(8);
  program.ok("fd_prestat_get", ROOT, at);
  expect([...program.bytes(at, 8)]).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
  expect(program.call("fd_prestat_dir_name", ROOT, at, 0)).toBe("ENAMETOOLONG");
  program.ok("fd_prestat_dir_name", ROOT, at, 8);
  expect(program.text(at, 2)).toBe("/\0");
  for (const fd of [0, 4]) expect(program.call("fd_prestat_get", fd, at)).toBe("EBADF");
  program.ok("fd_close", ROOT);
  expect(program.call("fd_prestat_get", ROOT, at)).toBe("EBADF");
});

test("names, links and folders", () => {
  const program = new DirectProgram();
  const on = (name: string, path: string, ...more: (number | bigint)[]) => {
    const { at, length } = program.put(path);
    return program.call(name, ROOT, at, length, ...more);
  };
  const two = (name: string, from: string, to: string, ...lookup: number[]) => {
    const [a, b] = [program.put(from), program.put(to)];
    return program.call(name, ROOT, ...lookup, a.at, a.length, ROOT, b.at, b.length);
  };
  program.file("file", "text");
  expect(on("path_create_directory", "folder")).toBe("");
  expect(on("path_create_directory", "folder")).toBe("EEXIST");
  expect(two("path_rename", "file", "folder/moved")).toBe("");
  expect(two("path_link", "folder/moved", "again", 0)).toBe("");
  expect(status(program, "again")).toMatchObject({ links: 2n, size: 4n, type: 4 });
  expect(on("path_remove_directory", "folder")).toBe("ENOTEMPTY");
  expect(on("path_unlink_file", "folder/moved")).toBe("");
  expect(on("path_remove_directory", "folder")).toBe("");
  expect(on("path_unlink_file", "folder")).toBe("ENOENT");
  expect(on("path_unlink_file", "x".repeat(5000))).toBe("ENAMETOOLONG");

  const [target, link] = [program.put("agäin"), program.put("link")];
  program.ok("path_symlink", target.at, target.length, ROOT, link.at, link.length);
  expect(status(program, "link").type).toBe(7);
  const buffer = program.room(100);
  const result = program.room(4);
  expect(on("path_readlink", "link", buffer, 100, result)).toBe("");
  expect(program.text(buffer, program.view.getUint32(result, true))).toBe("agäin");
  expect(on("path_readlink", "link", buffer, 2, result)).toBe("");
  expect(program.view.getUint32(result, true)).toBe(2);
  expect(on("path_readlink", "again", buffer, 100, result)).toBe("EINVAL");
});

test("a file is not a place for paths to start", () => {
  const program = new DirectProgram();
  const fd = program.open("file", { how: CREATE });
  const { at, length } = program.put("x");
  expect(program.call("path_create_directory", fd, at, length)).toBe("ENOTDIR");
  expect(program.call("fd_readdir", fd, 8, 0, 0n, 8)).toBe("ENOTDIR");
});

test("an address that is wrong leaves no file open", () => {
  const program = new DirectProgram();
  const { at, length } = program.put("file");
  const open = [ROOT, 0, at, length, CREATE, Rights.both, 0n, 0, NOWHERE] as const;
  expect(program.call("path_open", ...open)).toBe("EFAULT");
  expect(program.kernel.last("open")).toBeUndefined();
});

test("times are set, one or both, and contradictions refused", () => {
  const program = new DirectProgram();
  const fd = program.open("file", { how: CREATE });
  program.ok("fd_filestat_set_times", fd, 1_000_000_007n, 2_000_000_000_000_000_009n, 1 | 4);
  expect(status(program, "file")).toMatchObject({
    atime: 1_000_000_007n,
    mtime: 2_000_000_000_000_000_009n,
  });
  program.ok("fd_filestat_set_times", fd, 5n, 6n, 1);
  expect(status(program, "file")).toMatchObject({ atime: 5n, mtime: 2_000_000_000_000_000_009n });
  const { at, length } = program.put("file");
  program.ok("path_filestat_set_times", ROOT, 1, at, length, 0n, 0n, 8);
  expect(status(program, "file").atime).toBe(5n);
  expect(Number(status(program, "file").mtime / 1_000_000n)).toBeCloseTo(Date.now(), -4);
  for (const flags of [1 | 2, 4 | 8, 16]) {
    expect(program.call("fd_filestat_set_times", fd, 0n, 0n, flags)).toBe("EINVAL");
    const path = [ROOT, 0, at, length, 0n, 0n, flags] as const;
    expect(program.call("path_filestat_set_times", ...path)).toBe("EINVAL");
  }
});

/** All names, by as many calls as a buffer of that size takes. */
function list(program: DirectProgram, fd: number, size: number): string[] {
  const buffer = program.room(size);
  const result = program.room(4);
  const names: string[] = [];
  for (let cookie = 0n; ; ) {
    program.ok("fd_readdir", fd, buffer, size, cookie, result);
    const used = program.view.getUint32(result, true);
    for (let at = buffer; at + 24 <= buffer + used; ) {
      const length = program.view.getUint32(at + 16, true);
      if (at + 24 + length > buffer + used) break;
      cookie = program.view.getBigUint64(at, true);
      names.push(program.text(at + 24, length));
      at += 24 + length;
    }
    if (used < size) return names.filter((name) => name !== "." && name !== "..");
  }
}

test("a directory is listed whole, however small the buffer", () => {
  const program = new DirectProgram();
  const names = Array.from({ length: 150 }, (_, i) => `ä${"n".repeat(i % 20)}${i}`);
  for (const name of names) program.file(name, "");
  const fd = program.open(".", { how: DIRECTORY, rights: Rights.read });
  for (const size of [64, 65, 100, 256, 4096, 100_000]) {
    expect(list(program, fd, size).sort(), `${size}`).toEqual([...names].sort());
  }
  // Not even the head of an entry fits: it is cut off, and the buffer is full.
  const result = program.room(4);
  program.ok("fd_readdir", fd, program.room(8), 7, 0n, result);
  expect(program.view.getUint32(result, true)).toBe(7);
});
