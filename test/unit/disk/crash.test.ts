/** A crash leaves a whole commit, at whatever byte it comes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  linkPath,
  makeDirectories,
  remove,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { NinepClient } from "../ninep/client.ts";
import { sequence } from "../ninep/operations.ts";
import { NinepTree, type Operation, outcome } from "../ninep/two-trees.ts";
import { MemoryFolder, type Step } from "./memory-folder.ts";
import { start, treeState } from "./support.ts";

const RUNS = 1000;
/** So short that it is often written anew. */
const JOURNAL_BYTES = 400;
const text = (value: string) => new TextEncoder().encode(value);

/** A state that was durable after so many steps. */
interface Durable {
  steps: number;
  state: unknown;
}

/** Every state that a crash after `steps` whole steps may leave: the last durable one, or the next. */
function allowed(history: Durable[], steps: number): unknown[] {
  const next = history.findIndex((durable) => durable.steps > steps);
  const last = next === -1 ? history.length - 1 : next - 1;
  return history.slice(Math.max(0, last), last + 2).map(({ state }) => state);
}

async function stateOf(folder: MemoryFolder): Promise<unknown> {
  const { fs, disk } = await start(folder);
  const state = treeState(fs);
  disk.close();
  return state;
}

test("every byte of a recorded history", { timeout: 120_000 }, async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  const history: Durable[] = [{ steps: 0, state: [] }];
  const commit = async () => {
    await disk.sync();
    history.push({ steps: folder.steps.length, state: treeState(fs) });
  };
  makeDirectories(fs, "/a/b");
  await writeFile(fs, "/a/file", text("one"));
  await commit();
  await fs.write(resolvePath(fs, "/a/file"), 3, text(" and two"));
  linkPath(fs, "/a/file", "/a/b/again");
  await commit();
  await writeFile(fs, "/a/large", new Uint8Array(9000).fill(7));
  await commit();
  await fs.write(resolvePath(fs, "/a/large"), 4090, text("across the border"));
  // Would be written over what the last commit refers to, if that were free already.
  await writeFile(fs, "/a/beside", new Uint8Array(8192).fill(8));
  fs.rename(resolvePath(fs, "/a"), "large", fs.root, "moved");
  await commit();
  await fs.truncate(resolvePath(fs, "/moved"), 100);
  remove(fs, "/a/b");
  await commit();
  disk.close();

  const { steps } = folder;
  let last = "";
  for (const [index, step] of steps.entries()) {
    const bytes = step.type === "write" ? step.bytes.length : 1;
    const candidates = allowed(history, index).map((state) => JSON.stringify(state));
    for (let cut = 0; cut < bytes; cut++) {
      const torn = step.type === "write" ? [{ ...step, bytes: step.bytes.subarray(0, cut) }] : [];
      const found = JSON.stringify(
        await stateOf(MemoryFolder.after([...steps.slice(0, index), ...torn])),
      );
      if (found !== last && !candidates.includes(found)) {
        expect.fail(`after ${index} steps and ${cut} bytes the disk is ${found}`);
      }
      last = found;
    }
  }
  expect(await stateOf(MemoryFolder.after(steps))).toEqual(history.at(-1)?.state);
});

/** What may be left when the power goes: of the steps after a file's last flush any, and of each any part. */
function afterPowerCut(steps: Step[], fate: (index: number) => number): MemoryFolder {
  const flushed = new Map<string, number>();
  for (const [index, step] of steps.entries()) {
    if (step.type === "flush") flushed.set(step.file, index);
  }
  return MemoryFolder.after(
    steps.flatMap((step, index) => {
      if (index < (flushed.get(step.file) ?? -1)) return [step];
      const part = fate(index);
      if (part === 0) return [];
      if (step.type !== "write") return [step];
      return [{ ...step, bytes: step.bytes.subarray(0, Math.ceil(step.bytes.length * part)) }];
    }),
  );
}

test("the old journal stands until the new one is durable", async () => {
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder);
  await writeFile(fs, "/file", text("content"));
  await disk.sync();
  const { length } = folder.steps;
  await disk.checkpoint();
  const state = treeState(fs);
  for (let cut = length; cut <= folder.steps.length; cut++) {
    // Of what was not flushed the power cut spares only what takes something away.
    const steps = folder.steps.slice(0, cut);
    const left = afterPowerCut(steps, (at) => (steps[at]?.type === "truncate" ? 1 : 0));
    expect(await stateOf(left)).toEqual(state);
  }
});

test("whatever happened, and whatever the power cut has spared", { timeout: 120_000 }, async () => {
  const fates = fc.infiniteStream(fc.constantFrom(0, 0.5, 1));
  const history = fc.array(fc.tuple(sequence, fc.boolean()), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), fates, async (parts, at, fate) => {
      const folder = new MemoryFolder();
      const { fs, disk } = await start(folder, { journalBytes: JOURNAL_BYTES });
      const durable: Durable[] = [{ steps: 0, state: [] }];
      const session = new NinepServer(fs).session({ qidVersion: "changing" });
      const tree = new NinepTree(await new NinepClient(session).attach());
      for (const [operations, commits] of parts) {
        for (const operation of operations as Operation[]) await outcome(tree, operation);
        if (!commits) continue;
        await disk.sync();
        durable.push({ steps: folder.steps.length, state: treeState(fs) });
      }
      const cut = at % (folder.steps.length + 1);
      const steps = folder.steps.slice(0, cut);
      const left = afterPowerCut(steps, () => fate.next().value as number);
      expect(allowed(durable, cut)).toContainEqual(await stateOf(left));
      disk.close();
    }),
    { numRuns: RUNS },
  );
});
