/** What was exported is there after the import, on a disk and in memory. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  findPath,
  readFile,
  remove,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { exportChanges } from "../../../workers/kernel/transfer/export-changes.ts";
import { MemoryFolder } from "../disk/memory-folder.ts";
import { start, treeState } from "../disk/support.ts";
import { NinepClient } from "../ninep/client.ts";
import { baseOf } from "../ninep/near-session.ts";
import { sequence } from "../ninep/operations.ts";
import { NinepTree, outcome } from "../ninep/two-trees.ts";
import { changeEverything, IMAGE, smallBase, TestMachine, text } from "./support.ts";

const RUNS = 100;

async function treeOn(fs: FileSystem): Promise<NinepTree> {
  const session = new NinepServer(fs).session({ qidVersion: "changing" });
  return new NinepTree(await new NinepClient(session).attach());
}

for (const [from, to] of [
  ["a disk", "a disk"],
  ["a disk", "memory"],
  ["memory", "a disk"],
  ["memory", "memory"],
] as const) {
  test(`every kind of change, from ${from} to ${to}`, async () => {
    const base = await smallBase();
    const kept = (kind: string) => (kind === "memory" ? {} : { folder: new MemoryFolder() });
    const first = await TestMachine.start({ base, ...kept(from) });
    await changeEverything(first.fs);
    const file = await first.export();
    const folder = kept(to);
    const second = await TestMachine.start({ base, ...folder });
    await writeFile(second.fs, "/old", text("old"));
    const summary = await second.call({ op: "inspect", file });
    expect(summary).toMatchObject({ image: "base", release: IMAGE.release, date: IMAGE.date });
    expect(summary.inodes).toBe([...first.fs.changedInodes()].length);
    expect(findPath(second.fs, "/old")).toBeDefined();
    await second.import(file);
    expect(treeState(second.fs)).toEqual(treeState(first.fs));
    expect(second.fs.nextInodeNumber).toBe(first.fs.nextInodeNumber);
    expect(findPath(second.fs, "/old")).toBeUndefined();
    expect(findPath(second.fs, "/home/etc/gone")).toBeUndefined();
    expect(await readFile(second.fs, "/home/hard")).toEqual(text("written"));
    expect(await readFile(second.fs, "/home/etc/kept")).toEqual(text("kept"));
    await writeFile(second.fs, "/new", text("goes on"));
    await second.fs.sync();
    if (!folder.folder) return;
    const again = await start(MemoryFolder.after(folder.folder.steps), base);
    expect(treeState(again.fs)).toEqual(treeState(second.fs));
  });
}

test("whatever was done to a tree", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(sequence, sequence, sequence, async (before, changes, others) => {
      const made = new FileSystem();
      const maker = await treeOn(made);
      for (const operation of before) await outcome(maker, operation);
      await maker.close();
      const base = await baseOf(made);
      const first = await TestMachine.start({ base, folder: new MemoryFolder() });
      const tree = await treeOn(first.fs);
      for (const operation of changes) await outcome(tree, operation);
      // Files that are still open without a name are left out.
      const file = await first.export();
      await tree.close();

      for (const folder of [new MemoryFolder(), undefined]) {
        const second = await TestMachine.start({ base, ...(folder ? { folder } : {}) });
        const other = await treeOn(second.fs);
        for (const operation of others) await outcome(other, operation);
        await second.import(file);
        expect(treeState(second.fs)).toEqual(treeState(first.fs));
      }
    }),
    { numRuns: RUNS },
  );
});

test("the export is of one moment, whatever is written meanwhile", async () => {
  const base = await smallBase();
  for (const folder of [new MemoryFolder(), undefined]) {
    const machine = await TestMachine.start({ base, ...(folder ? { folder } : {}) });
    const { fs } = machine;
    for (const name of ["a", "b", "c"]) {
      await writeFile(fs, `/${name}`, new Uint8Array(2_500_000).fill(name.charCodeAt(0)));
    }
    await fs.sync();
    // Not committed yet, so that it would be written in place.
    await fs.write(resolvePath(fs, "/a"), 0, new Uint8Array(50_000).fill(5));
    const state = JSON.stringify(treeState(fs));
    const pieces: BlobPart[] = [];
    const exporting = exportChanges(fs, { image: IMAGE, made: 0 });
    // Written in place, cut, replaced and reused, with commits between.
    await fs.write(resolvePath(fs, "/a"), 10, new Uint8Array(100_000).fill(1));
    await fs.truncate(resolvePath(fs, "/b"), 5000);
    await fs.sync();
    remove(fs, "/c");
    await fs.sync();
    await writeFile(fs, "/d", new Uint8Array(4_000_000).fill(2));
    await fs.sync();
    for await (const piece of exporting) pieces.push(piece);
    const other = await TestMachine.start({ base, folder: new MemoryFolder() });
    await other.import(new Blob(pieces));
    expect(JSON.stringify(treeState(other.fs)) === state).toBe(true);
    if (!folder) continue;
    const again = await start(MemoryFolder.after(folder.steps), base);
    expect(JSON.stringify(treeState(again.fs)) === JSON.stringify(treeState(fs))).toBe(true);
  }
});

test("progress is told in bytes, up to the whole", async () => {
  const base = await smallBase();
  const machine = await TestMachine.start({ base });
  await writeFile(machine.fs, "/large", crypto.getRandomValues(new Uint8Array(60_000)));
  for (let copy = 0; copy < 50; copy++) {
    await writeFile(machine.fs, `/copy${copy}`, await readFile(machine.fs, "/large"));
  }
  const file = await machine.export();
  expect(machine.progress.length).toBeGreaterThan(2);
  expect(machine.progress.at(-1)?.done).toBe(machine.progress.at(-1)?.total);
  const other = await TestMachine.start({ base });
  await other.import(file);
  const sizes = other.progress.map(({ done }) => done);
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  expect(other.progress.at(-1)?.total).toBe(file.size);
});
