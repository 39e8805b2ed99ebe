/** Whatever happened to a tree: a snapshot brings it back, and the record of changes describes it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import type { Inode } from "../../../workers/kernel/filesystem/inode.ts";
import { MemoryOverlay } from "../../../workers/kernel/filesystem/memory-overlay.ts";
import type { ChangeRecorder } from "../../../workers/kernel/filesystem/overlay.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { NinepClient } from "./client.ts";
import { sequence } from "./operations.ts";
import { describeTree, NinepTree, outcome } from "./two-trees.ts";

const RUNS = 150;

/** A server, and a tree that uses it through one session. */
async function start(overlay = new MemoryOverlay()) {
  const fs = new FileSystem({ overlay });
  const server = new NinepServer(fs);
  const client = new NinepClient(server.session({ qidVersion: "changing" }));
  return { fs, server, client, tree: new NinepTree(client) };
}

test("a restored tree is the saved one, and goes on like it", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, sequence, async (before, after) => {
      const original = await start();
      await original.client.attach();
      for (const operation of before) await outcome(original.tree, operation);

      const copy = await start();
      const state = original.server.save();
      copy.server.restore(state);
      expect(copy.server.save()).toEqual(state);
      const sameFids = original.tree.on(copy.client);
      for (const operation of after) {
        expect(await outcome(sameFids, operation)).toEqual(await outcome(original.tree, operation));
      }
      expect(await describeTree(sameFids)).toEqual(await describeTree(original.tree));
      await Promise.all([sameFids.close(), original.tree.close()]);
      expect(copy.fs.overlay.usage > 0).toBe(original.fs.overlay.usage > 0);
    }),
    { numRuns: RUNS },
  );
});

/** Keeps the tree that the record of changes describes, without looking at the filesystem. */
class Recording extends MemoryOverlay {
  readonly inodes = new Map<number, string>();
  readonly entries = new Map<string, number>();

  override readonly changes: ChangeRecorder = {
    inodeChanged: (inode) => this.inodes.set(inode.number, fieldsOf(inode)),
    inodeRemoved: (number) => this.inodes.delete(number),
    entryAdded: (directory, name, _cookie, inode) =>
      this.entries.set(`${directory.number}/${name}`, inode.number),
    entryRemoved: (directory, name) => this.entries.delete(`${directory.number}/${name}`),
  };
}

function fieldsOf(inode: Inode): string {
  const { mode, uid, gid, nlink, size, rdev, atime, mtime, ctime, target, version } = inode;
  return JSON.stringify([mode, uid, gid, nlink, size, rdev, atime, mtime, ctime, target, version]);
}

test("the record of changes is complete", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, async (operations) => {
      const overlay = new Recording();
      const { fs, tree, client } = await start(overlay);
      await client.attach();
      for (const operation of operations) await outcome(tree, operation);
      await tree.close();
      const inodes = new Map<number, string>();
      const entries = new Map<string, number>();
      for (const inode of fs.changedInodes()) {
        inodes.set(inode.number, fieldsOf(inode));
        for (const { name, inode: child } of inode.directory?.entries() ?? []) {
          entries.set(`${inode.number}/${name}`, child.number);
        }
      }
      expect([overlay.inodes, overlay.entries]).toEqual([inodes, entries]);
    }),
    { numRuns: RUNS },
  );
});
