/** Files as the page uses them: whole ones, with progress, an end, and a guest that has caches. */
import { expect, test } from "vitest";
import { contentOf, textOf as editable } from "../../../src/app/file-panel/text-content.ts";
import { findPath, readFile, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { FILE_PIECE_BYTES, MAX_LISTED_ENTRIES } from "../../../workers/shared/limits.ts";
import { setUp, text, textOf } from "./support.ts";

const LARGE = 2 * FILE_PIECE_BYTES + 17;

test("a file is written and read whole, with every byte told once", async () => {
  const { files, fs } = setUp();
  const bytes = new Uint8Array(LARGE).map((_, i) => i % 249);
  const told = { written: 0, read: 0 };
  const status = await files.write("/root/large", new Blob([bytes]), {
    onBytes: (count) => {
      told.written += count;
    },
  });
  expect(status).toMatchObject({ kind: "file", size: LARGE });
  expect(Buffer.compare(await readFile(fs, "/root/large"), bytes)).toBe(0);
  const pieces: Uint8Array[] = [];
  const onBytes = (count: number) => {
    told.read += count;
  };
  for await (const piece of files.read("/root/large", { onBytes })) pieces.push(piece);
  expect(Buffer.compare(Buffer.concat(pieces), bytes)).toBe(0);
  expect(told).toEqual({ written: LARGE, read: LARGE });
});

test("an upload that is ended leaves nothing, and what was there", async () => {
  const { files, fs } = setUp();
  await writeFile(fs, "/root/old", text("old"));
  const { usage } = fs.overlay;
  for (const [path, replaces] of [
    ["/root/new", "nothing"],
    ["/root/old", "anything"],
  ] as const) {
    const abort = new AbortController();
    const writing = files.write(path, new Blob([new Uint8Array(LARGE)]), {
      replaces,
      signal: abort.signal,
      onBytes: () => abort.abort(),
    });
    await expect(writing).rejects.toMatchObject({ name: "AbortError" });
  }
  expect((await files.list("/root")).map(({ name }) => name)).toEqual(["old"]);
  expect(textOf(await readFile(fs, "/root/old"))).toBe("old");
  expect(fs.overlay.usage).toBe(usage);
});

test("a file of the visitor that cannot be read any more leaves nothing", async () => {
  const { files, fs } = setUp();
  const gone = new Blob([new Uint8Array(LARGE)]);
  gone.slice = () => {
    const piece = new Blob();
    piece.arrayBuffer = () => Promise.reject(new DOMException("gone", "NotReadableError"));
    return piece;
  };
  await expect(files.write("/root/new", gone)).rejects.toMatchObject({
    code: "not-found",
    message: "What was to become /root/new can no longer be read.",
  });
  expect(findPath(fs, "/root/new")).toBeUndefined();
});

test("reading ends with the file as it was when it began", async () => {
  const { files, fs } = setUp();
  const inode = await writeFile(fs, "/root/log", text("one"));
  const pieces: string[] = [];
  for await (const piece of files.read("/root/log")) {
    pieces.push(textOf(piece));
    await fs.write(inode, "end", text("more"));
  }
  expect(pieces).toEqual(["one"]);
});

test("large folders are listed and removed whole", async () => {
  const { files, fs } = setUp();
  const count = 2 * MAX_LISTED_ENTRIES + 1;
  for (let i = 0; i < count; i++) await writeFile(fs, `/root/many/${i}`, text(""));
  expect(await files.list("/root/many")).toHaveLength(count);
  let told = 0;
  const onRemoved = (names: number) => {
    told += names;
  };
  expect(await files.remove("/root/many", { onRemoved })).toBe(count + 1);
  expect(told).toBe(count + 1);
});

test("the guest writes back before a look, and forgets after a change, where it has a cache", async () => {
  const { files, told } = setUp();
  await files.write("/root/live", new Blob(["x"]));
  await files.makeDirectory("/root/folder");
  await files.rename("/root/live", "/root/other");
  await files.list("/root");
  await files.remove("/root/other");
  expect(told).toEqual([]);
  await files.list("/etc");
  expect(told.splice(0)).toEqual(["sync"]);
  const status = await files.write("/etc/file", new Blob(["x"]));
  expect(told.splice(0)).toEqual(["forget"]);
  await files.write("/etc/file", new Blob(["y"]), { replaces: status });
  expect(told.splice(0)).toEqual(["sync", "forget"]);
  await files.rename("/etc/file", "/root/file");
  expect(told.splice(0)).toEqual(["forget"]);
});

test("of many changes together the guest is told once, also when one fails", async () => {
  const { files, told } = setUp();
  const work = files.together(async () => {
    await files.makeDirectory("/etc/a");
    await files.makeDirectory("/etc/b");
    expect(told).toEqual([]);
    await files.makeDirectory("/etc/a");
  });
  await expect(work).rejects.toMatchObject({ code: "exists" });
  expect(told).toEqual(["forget"]);
  await files.together(() => files.makeDirectory("/root/a"));
  expect(told.splice(0)).toEqual(["forget"]);
  const look = () => files.list("/etc");
  await files.together(() => Promise.all([look(), look().then(look)]));
  expect(told.splice(0)).toEqual(["sync"]);
  await files.together(look);
  expect(told).toEqual(["sync"]);
});

test("text is edited without touching its line ends or its byte order mark", async () => {
  for (const content of ["", "a\nb\n", "a\r\nb\r\n", "\ufeffa\n", "no end"]) {
    const opened = editable("/root/file", text(content));
    expect(opened.text).not.toContain("\r");
    expect(new Uint8Array(await contentOf(opened).arrayBuffer())).toEqual(text(content));
  }
  expect(() => editable("/root/file", text("a\r\nb\n"))).toThrow("different line ends");
  expect(() => editable("/root/file", text("a\rb"))).toThrow("different line ends");
  expect(() => editable("/root/file", text("a\0b"))).toThrow("/root/file is not a text file.");
  expect(() => editable("/root/file", new Uint8Array([0xff]))).toThrow("is not a text file");
});
