/** Whatever was done to a tree is there on the next version of the image: random histories. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { remove, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { MemoryFolder } from "../disk/memory-folder.ts";
import { start } from "../disk/support.ts";
import { NinepClient } from "../ninep/client.ts";
import { sequence } from "../ninep/operations.ts";
import { NinepTree, outcome } from "../ninep/two-trees.ts";
import { diskOn, listing, rebased, text, treeOf, versionOf } from "./support.ts";

const RUNS = 100;

async function treeOn(fs: FileSystem): Promise<NinepTree> {
  const session = new NinepServer(fs).session({ qidVersion: "changing" });
  return new NinepTree(await new NinepClient(session).attach());
}

async function applied(fs: FileSystem, operations: Parameters<typeof outcome>[1][]) {
  const tree = await treeOn(fs);
  for (const operation of operations) await outcome(tree, operation);
  await tree.close();
}

test("whatever was done to a tree", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(sequence, sequence, sequence, async (before, changes, others) => {
      const made = new FileSystem();
      await applied(made, before);
      const old = await versionOf(made);
      const folder = new MemoryFolder();
      const { fs, disk } = await diskOn(folder, old);
      await applied(fs, changes);
      fs.dropUnusedOrphans();
      await fs.sync();
      const mine = await listing(fs);
      disk.close();

      // On a version that differs in one name alone, nothing is lost and nothing else comes.
      const like = treeOf(old);
      await writeFile(like, "/version", text("2"));
      const next = await versionOf(like, old.store);
      const copy = MemoryFolder.after(folder.steps);
      const { fs: same, missing } = await rebased(copy, next);
      expect(missing).toEqual([]);
      remove(same, "/version");
      expect(await listing(same)).toEqual(mine);

      // On any version: what it comes to is a sound tree, that opens again as it was.
      const other = treeOf(old);
      await applied(other, others);
      await writeFile(other, "/version", text("3"));
      const far = await versionOf(other, old.store);
      const { fs: there, disk: kept } = await rebased(folder, far);
      const state = await listing(there);
      await there.sync();
      kept.overlay.close();
      const index = decodeTreeIndex(far.bytes);
      const again = await start(folder, { base: far.base, index, store: far.store });
      expect(await listing(again.fs)).toEqual(state);
    }),
    { numRuns: RUNS },
  );
});

test("of files that were not changed, those of the new version are there", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, sequence, async (before, others) => {
      const made = new FileSystem();
      await applied(made, before);
      const old = await versionOf(made);
      const folder = new MemoryFolder();
      (await diskOn(folder, old)).disk.close();
      const other = treeOf(old);
      await applied(other, others);
      await writeFile(other, "/version", text("2"));
      const next = await versionOf(other, old.store);
      expect(await listing((await rebased(folder, next)).fs)).toEqual(await listing(treeOf(next)));
    }),
    { numRuns: RUNS },
  );
});
