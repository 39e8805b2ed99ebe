/** What a disk keeps, what it takes, and what it refuses. */
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import type { DiskFile } from "../../../workers/kernel/disk/disk-file.ts";
import { DiskOverlay } from "../../../workers/kernel/disk/disk-overlay.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  findPath,
  makeDirectories,
  readFile,
  remove,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import {
  DISK_BLOCK_BYTES,
  DISK_COMMIT_MS,
  DISK_JOURNAL_BYTES,
} from "../../../workers/shared/limits.ts";
import { NinepClient } from "../ninep/client.ts";
import { baseOf } from "../ninep/near-session.ts";
import { sequence } from "../ninep/operations.ts";
import { NinepTree, outcome } from "../ninep/two-trees.ts";
import { MemoryFolder } from "./memory-folder.ts";
import { BASE, type StartOptions, start, treeState } from "./support.ts";

const RUNS = 300;
const text = (value: string) => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

afterEach(() => {
  vi.useRealTimers();
});

async function treeOn(fs: FileSystem): Promise<NinepTree> {
  const session = new NinepServer(fs).session({ qidVersion: "changing" });
  return new NinepTree(await new NinepClient(session).attach());
}

/** The same folder, opened again. */
async function reopened(folder: MemoryFolder, options?: StartOptions): Promise<FileSystem> {
  return (await start(MemoryFolder.after(folder.steps), options)).fs;
}

test("what was committed comes back, over an image too, however often the disk is opened", async () => {
  await fc.assert(
    fc.asyncProperty(
      sequence,
      fc.array(sequence, { minLength: 1, maxLength: 4 }),
      async (before, lives) => {
        const made = new FileSystem();
        const maker = await treeOn(made);
        for (const operation of before) await outcome(maker, operation);
        await maker.close();
        const options = { ...(await baseOf(made)), journalBytes: 400 };

        let folder = new MemoryFolder();
        for (const operations of lives) {
          const { fs, disk } = await start(folder, options);
          const tree = await treeOn(fs);
          for (const [at, operation] of operations.entries()) {
            await outcome(tree, operation);
            if (at % 8 === 7) await disk.sync();
          }
          await tree.close();
          await disk.sync();
          const again = await reopened(folder, options);
          expect(treeState(again)).toEqual(treeState(fs));
          expect(again.nextInodeNumber).toBe(fs.nextInodeNumber);
          disk.close();
          folder = MemoryFolder.after(folder.steps);
        }
      },
    ),
    { numRuns: RUNS },
  );
});

test("a change is committed by itself, a moment later", async () => {
  const folder = new MemoryFolder();
  const { fs } = await start(folder);
  vi.useFakeTimers();
  await writeFile(fs, "/note", text("kept"));
  await vi.advanceTimersByTimeAsync(DISK_COMMIT_MS - 1);
  expect(findPath(await reopened(folder), "/note")).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(textOf(await readFile(await reopened(folder), "/note"))).toBe("kept");
});

test("a file that was open without a name is gone after a crash, with its room", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  await writeFile(fs, "/open", new Uint8Array(DISK_BLOCK_BYTES * 3).fill(1));
  const inode = resolvePath(fs, "/open");
  fs.retain(inode);
  remove(fs, "/open");
  await disk.sync();
  const after = MemoryFolder.after(folder.steps);
  const again = await start(after);
  again.fs.dropUnusedOrphans();
  expect(again.fs.inode(inode.number)).toBeUndefined();
  await again.disk.sync();
  expect(again.disk.usage).toBeLessThan(DISK_BLOCK_BYTES);
});

test("a file that gets its name later is whole after a crash, or not there", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  const owner = { mode: 0o600, uid: 1, gid: 2 };
  await writeFile(fs, "/old", text("old"));
  const [replacing, lost] = [fs.createUnnamed(owner), fs.createUnnamed(owner)];
  await fs.write(replacing, 0, text("new"));
  await fs.write(lost, 0, new Uint8Array(DISK_BLOCK_BYTES * 3).fill(1));
  await disk.sync();
  const before = await start(MemoryFolder.after(folder.steps));
  before.fs.dropUnusedOrphans();
  expect(textOf(await readFile(before.fs, "/old"))).toBe("old");
  expect(before.fs.inode(replacing.number)).toBeUndefined();
  fs.nameUnnamed(fs.root, "old", replacing);
  fs.release(replacing);
  await disk.sync();
  const after = await start(MemoryFolder.after(folder.steps));
  after.fs.dropUnusedOrphans();
  expect(textOf(await readFile(after.fs, "/old"))).toBe("new");
  expect(resolvePath(after.fs, "/old")).toMatchObject({ uid: 1, gid: 2, nlink: 1 });
  expect(after.fs.inode(lost.number)).toBeUndefined();
});

test("room comes back when what was deleted is no longer in the last commit", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder, { freeBytes: DISK_BLOCK_BYTES * 20 });
  for (let round = 0; round < 10; round++) {
    await writeFile(fs, "/file", new Uint8Array(DISK_BLOCK_BYTES * 8).fill(round));
    await disk.sync();
    await fs.write(resolvePath(fs, "/file"), 0, new Uint8Array(DISK_BLOCK_BYTES * 8).fill(~round));
    await disk.sync();
    remove(fs, "/file");
    await disk.sync();
  }
  expect(folder.used).toBeLessThan(DISK_BLOCK_BYTES * 20);
});

test("files that were cut have zeros where they grow again, and what was theirs is another's", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  const blocks = (count: number) => new Uint8Array(DISK_BLOCK_BYTES * count).fill(count);
  const cut = await writeFile(fs, "/cut", blocks(4));
  await disk.sync();
  await fs.truncate(cut, DISK_BLOCK_BYTES);
  await fs.truncate(cut, DISK_BLOCK_BYTES * 3);
  await fs.truncate(cut, DISK_BLOCK_BYTES * 2);
  const briefly = await writeFile(fs, "/briefly", blocks(3));
  await fs.truncate(briefly, DISK_BLOCK_BYTES + 5);
  await disk.sync();
  await writeFile(fs, "/other", blocks(5));
  await disk.sync();
  expect(treeState(await reopened(folder))).toEqual(treeState(fs));
  expect((await readFile(await reopened(folder), "/cut")).at(-1)).toBe(0);
});

test("what was removed from an image stays so, by the state as by the changes", async () => {
  const made = new FileSystem();
  await writeFile(made, "/etc/kept", text("kept"));
  const { number } = await writeFile(made, "/etc/removed", text("removed"));
  const base = await baseOf(made);
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder, base);
  remove(fs, "/etc/removed");
  for (const make of [() => disk.sync(), () => disk.checkpoint()]) {
    await make();
    const again = await reopened(folder, base);
    expect(findPath(again, "/etc/removed")).toBeUndefined();
    expect(again.inode(number)).toBeUndefined();
    expect(textOf(await readFile(again, "/etc/kept"))).toBe("kept");
  }
});

test("a disk that is erased begins anew, whatever was on it", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  await writeFile(fs, "/old", new Uint8Array(DISK_BLOCK_BYTES * 9));
  await disk.sync();
  const ruined = MemoryFolder.after(folder.steps);
  (await ruined.open("journal-1")).write(60, new Uint8Array(40));
  const newer = MemoryFolder.after(folder.steps);
  (await newer.open("journal-1")).write(8, Uint8Array.of(2));
  for (const broken of [MemoryFolder.after(folder.steps), ruined, newer]) {
    const options = { base: "e".repeat(64), freeBytes: 2 ** 30, erase: true, onFailure: () => {} };
    const erased = await DiskOverlay.open(broken, options);
    const empty = new FileSystem({ overlay: erased });
    await erased.begin(empty);
    expect(broken.used).toBeLessThan(DISK_BLOCK_BYTES);
    await writeFile(empty, "/new", text("new"));
    await erased.sync();
    const again = await reopened(broken, { base: options.base });
    expect(findPath(again, "/old")).toBeUndefined();
    expect(textOf(await readFile(again, "/new"))).toBe("new");
  }
});

test("of a disk that could not be read nothing comes back after it was erased", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  await writeFile(fs, "/old", text("old"));
  await disk.sync();
  // Its first commit is where the erased disk's will be, and of the same length; the second one stays.
  const ruined = MemoryFolder.after(folder.steps);
  (await ruined.open("journal-1")).write(20, Uint8Array.of(1));
  const options = { base: BASE, freeBytes: 2 ** 30, erase: true, onFailure: () => {} };
  const erased = await DiskOverlay.open(ruined, options);
  await erased.begin(new FileSystem({ overlay: erased }));
  expect(findPath(await reopened(ruined), "/old")).toBeUndefined();
});

test("a full disk refuses a write whole, and goes on", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder, { freeBytes: DISK_BLOCK_BYTES * 12 });
  const inode = await writeFile(fs, "/file", text("content"));
  await disk.sync();
  const before = treeState(fs);
  expect(() => fs.write(inode, 3, new Uint8Array(DISK_BLOCK_BYTES * 12))).toThrow("ENOSPC");
  expect(treeState(fs)).toEqual(before);
  await fs.write(inode, "end", text(" and more"));
  await disk.sync();
  expect(textOf(await readFile(await reopened(folder), "/file"))).toBe("content and more");
});

test("a browser that gives no more room is a full disk", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  const inode = await writeFile(fs, "/file", new Uint8Array(DISK_BLOCK_BYTES).fill(1));
  await disk.sync();
  const before = treeState(fs);
  folder.room = folder.used + DISK_BLOCK_BYTES * 2;
  expect(() => fs.write(inode, 0, new Uint8Array(DISK_BLOCK_BYTES * 4))).toThrow("ENOSPC");
  expect(treeState(fs)).toEqual(before);
  await fs.write(inode, 0, new Uint8Array(DISK_BLOCK_BYTES * 2).fill(2));
  await expect(disk.sync()).rejects.toThrow("ENOSPC");
  expect(treeState(await reopened(folder))).toEqual(before);
  folder.room = Number.POSITIVE_INFINITY;
  await disk.sync();
  expect(treeState(await reopened(folder))).toEqual(treeState(fs));
});

test("a commit that nobody waits for tells when it fails", async () => {
  const folder = new MemoryFolder();
  const failures: unknown[] = [];
  const { fs } = await start(folder, { onFailure: (error) => failures.push(error) });
  vi.useFakeTimers();
  makeDirectories(fs, "/directory");
  folder.room = 0;
  await vi.advanceTimersByTimeAsync(DISK_COMMIT_MS);
  expect(failures).toEqual([expect.objectContaining({ code: "ENOSPC" })]);
});

test("a long journal is written anew, and the data file gives back its end", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  await writeFile(fs, "/kept", text("kept"));
  await writeFile(fs, "/large", new Uint8Array(DISK_BLOCK_BYTES * 400).fill(1));
  await disk.sync();
  remove(fs, "/large");
  const inode = resolvePath(fs, "/kept");
  const attribute = new Uint8Array(60_000).fill(3);
  let written = 0;
  for (let round = 0; written <= DISK_JOURNAL_BYTES; round++) {
    inode.xattrs = new Map([["user.large", attribute]]);
    fs.setAttributes(inode, { mode: 0o600 + (round % 8) });
    await disk.sync();
    written += attribute.length;
  }
  await writeFile(fs, "/last", text("last"));
  await disk.sync();
  expect(disk.usage).toBeLessThan(DISK_JOURNAL_BYTES / 4);
  expect(folder.used).toBeLessThan(DISK_JOURNAL_BYTES / 4);
  expect(treeState(await reopened(folder))).toEqual(treeState(fs));
});

test("a disk of a newer Tabnix or in ruins is refused and left as it is", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  await writeFile(fs, "/file", text("content"));
  await disk.sync();
  const open = (changed: MemoryFolder) =>
    start(changed).then(
      () => "opened",
      ({ code, message }) => `${code}: ${message}`,
    );
  // One of another base says so.
  const other = await start(MemoryFolder.after(folder.steps), { base: "f".repeat(64) });
  expect(other.disk.base).toBe(BASE);
  const newer = MemoryFolder.after(folder.steps);
  (await newer.open("journal-1")).write(8, Uint8Array.of(2));
  const untouched = newer.steps.length;
  expect(await open(newer)).toBe(
    "wrong-version: A newer Tabnix wrote the saved files: version 2; this one reads up to 1.",
  );
  expect(newer.steps).toHaveLength(untouched);
  const ruined = MemoryFolder.after(folder.steps);
  (await ruined.open("journal-1")).write(60, new Uint8Array(40));
  const steps = ruined.steps.length;
  expect(await open(ruined)).toBe(
    "malformed: The saved files cannot be read: neither of the disk's journals is whole.",
  );
  expect(ruined.steps).toHaveLength(steps);
  const cut = MemoryFolder.after(folder.steps);
  (await cut.open("data")).truncate(1);
  expect(await open(cut)).toBe("malformed: The disk's journal is broken: a block is nowhere.");
});

test("what is written while a commit is under way is in the next", async () => {
  const folder = new MemoryFolder();
  let onFlush = () => {};
  const slow = {
    open: async (name: string): Promise<DiskFile> => {
      const file = await folder.open(name);
      return {
        get size() {
          return file.size;
        },
        read: (offset, target) => file.read(offset, target),
        write: (offset, source) => file.write(offset, source),
        truncate: (size) => file.truncate(size),
        flush: async () => {
          onFlush();
          await new Promise((resolve) => setTimeout(resolve));
          file.flush();
        },
        close: () => file.close(),
      };
    },
  };
  const options = { base: "0".repeat(64), freeBytes: 2 ** 30, onFailure: () => {} };
  const disk = await DiskOverlay.open(slow, options);
  const fs = new FileSystem({ overlay: disk });
  await disk.begin(fs);
  const inode = await writeFile(fs, "/file", text("first"));
  const flushing = new Promise<void>((resolve) => {
    onFlush = resolve;
  });
  const first = disk.sync();
  await flushing;
  await fs.write(inode, 0, text("SECOND"));
  await first;
  const between = MemoryFolder.after(folder.steps);
  await disk.sync();
  const base = { base: "0".repeat(64) };
  expect(textOf(await readFile((await start(between, base)).fs, "/file"))).toBe("first");
  expect(textOf(await readFile(await reopened(folder, base), "/file"))).toBe("SECOND");
});
