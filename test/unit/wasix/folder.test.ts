/** The copy of its folder that a WASIX program gets, and what becomes of it. */
import { expect, test } from "vitest";
import {
  findPath,
  makeDirectories,
  makeSymlink,
  readFile,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import {
  MAX_WASIX_FOLDER_BYTES,
  MAX_WASIX_FOLDER_ENTRIES,
} from "../../../workers/shared/limits.ts";
import { KernelCalls } from "../../../workers/wasix/calls.ts";
import { Folder } from "../../../workers/wasix/folder.ts";
import type { SandboxFiles } from "../../../workers/wasix/sdk.ts";
import { ROOT, TestKernel } from "../wasi/test-kernel.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Files in memory, as the SDK has them: contents by path, undefined for folders. */
class Copy implements SandboxFiles {
  readonly entries: Map<string, Uint8Array | undefined>;

  constructor(entries: Map<string, Uint8Array | undefined>) {
    this.entries = new Map([...entries].map(([path, content]) => [`/workspace/${path}`, content]));
  }

  async mkdir(path: string): Promise<void> {
    this.entries.set(path, undefined);
  }

  async readDir(folder: string) {
    return [...this.entries].flatMap(([path, content]) => {
      const name = path.slice(folder.length + 1);
      if (!path.startsWith(`${folder}/`) || name.includes("/")) return [];
      const kind = content ? ("file" as const) : ("directory" as const);
      return [{ name, kind, size: content?.length ?? 0 }];
    });
  }

  async readFile(path: string): Promise<Uint8Array> {
    return this.entries.get(path) as Uint8Array;
  }
}

async function machine() {
  const kernel = new TestKernel();
  const { fs } = kernel;
  makeDirectories(fs, "/deep/empty");
  await writeFile(fs, "/kept", bytes("kept"), { mode: 0o640 });
  await writeFile(fs, "/deep/old", bytes("old"), { mode: 0o644 });
  makeSymlink(fs, "/link", "kept");
  const calls: KernelCalls = new KernelCalls(({ id, call, data }) => {
    const reply = kernel.caller({ call, ...(data ? { data: [data] } : {}) });
    queueMicrotask(() => calls.answered({ type: "answer", id, ...reply }));
  });
  return { kernel, fs, folder: new Folder(calls, ROOT) };
}

test("it has the files and folders, parents first, and no links", async () => {
  const { folder } = await machine();
  const contents = await folder.read();
  expect([...contents.keys()].sort()).toEqual(["deep", "deep/empty", "deep/old", "kept"]);
  expect([...contents.keys()].indexOf("deep")).toBeLessThan(
    [...contents.keys()].indexOf("deep/old"),
  );
  expect(contents.get("kept")).toEqual(bytes("kept"));
  expect(contents.get("deep/empty")).toBeUndefined();
});

test("only what has changed is written back", async () => {
  const { kernel, fs, folder } = await machine();
  const before = await folder.read();
  const copy = new Copy(before);
  kernel.calls.length = 0;
  expect(await folder.write(before, copy)).toEqual([]);
  expect(kernel.calls).toEqual([]);

  copy.entries.set("/workspace/kept", bytes("KEPT and more"));
  copy.entries.delete("/workspace/deep/old");
  copy.entries.delete("/workspace/deep/empty");
  copy.entries.set("/workspace/new", undefined);
  copy.entries.set("/workspace/new/file", bytes("new"));
  expect(await folder.write(before, copy)).toEqual([]);
  expect(await readFile(fs, "/kept")).toEqual(bytes("KEPT and more"));
  expect((findPath(fs, "/kept")?.mode ?? 0) & 0o777).toBe(0o640);
  expect(await readFile(fs, "/new/file")).toEqual(bytes("new"));
  expect(findPath(fs, "/deep")?.isDirectory).toBe(true);
  for (const gone of ["/deep/old", "/deep/empty"]) expect(findPath(fs, gone)).toBeUndefined();
  expect(findPath(fs, "/link")).toBe(findPath(fs, "/kept"));
});

test("a file may become a folder, and the reverse", async () => {
  const { fs, folder } = await machine();
  const before = await folder.read();
  const copy = new Copy(before);
  copy.entries.set("/workspace/kept", undefined);
  for (const path of ["deep/old", "deep/empty"]) copy.entries.delete(`/workspace/${path}`);
  copy.entries.set("/workspace/deep", bytes("file"));
  expect(await folder.write(before, copy)).toEqual([]);
  expect(findPath(fs, "/kept")?.isDirectory).toBe(true);
  expect(await readFile(fs, "/deep")).toEqual(bytes("file"));
});

test("what cannot be written back is named", async () => {
  const { kernel, folder } = await machine();
  const before = await folder.read();
  const copy = new Copy(before);
  copy.entries.set("/workspace/kept", bytes("changed"));
  copy.entries.set("/workspace/other", bytes("other"));
  kernel.failures.set("write", "ENOSPC");
  expect(await folder.write(before, copy)).toEqual(["kept"]);
});

test("too much is refused", async () => {
  const { fs, folder } = await machine();
  const file = await writeFile(fs, "/large", new Uint8Array(0), { mode: 0o644 });
  expect(file).toBeDefined();
  const inode = findPath(fs, "/large");
  if (!inode) throw new Error("no file");
  fs.truncate(inode, MAX_WASIX_FOLDER_BYTES + 1);
  await expect(folder.read()).rejects.toThrow(/64 MB/);
  fs.truncate(inode, 0);
  makeDirectories(fs, "/many");
  for (let i = 0; i <= MAX_WASIX_FOLDER_ENTRIES; i++) makeDirectories(fs, `/many/${i}`);
  await expect(folder.read()).rejects.toThrow(/2000 files/);
});
