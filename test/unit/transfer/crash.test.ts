/** A crash in the middle of an import leaves the old machine or the new one, never something of both. */
import { beforeAll, expect, test } from "vitest";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { MemoryFolder, type Step } from "../disk/memory-folder.ts";
import { start, treeState } from "../disk/support.ts";
import type { Base } from "../ninep/near-session.ts";
import { changeEverything, smallBase, TestMachine, text } from "./support.ts";

let base: Base;
let steps: readonly Step[];
/** Steps before the import. */
let first: number;
let old: string;
let imported: string;

beforeAll(async () => {
  base = await smallBase();
  const source = await TestMachine.start({ base });
  await changeEverything(source.fs);
  imported = JSON.stringify(treeState(source.fs));
  const folder = new MemoryFolder();
  const machine = await TestMachine.start({ base, folder });
  await writeFile(machine.fs, "/old", new Uint8Array(9000).fill(1));
  await writeFile(machine.fs, "/dropped", new Uint8Array(9000).fill(2));
  await machine.fs.sync();
  // Free blocks among those in use, and a commit that is not durable yet.
  machine.fs.unlink(machine.fs.root, "dropped");
  await machine.fs.sync();
  await writeFile(machine.fs, "/last", text("last"));
  await machine.fs.sync();
  first = folder.steps.length;
  old = JSON.stringify(treeState(machine.fs));
  await machine.import(await source.export());
  machine.disk?.overlay.close();
  steps = folder.steps;
});

async function stateOf(folder: MemoryFolder): Promise<string> {
  const { fs, disk } = await start(folder, base);
  disk.close();
  return JSON.stringify(treeState(fs));
}

test("cut off at every byte of it", { timeout: 120_000 }, async () => {
  const found: string[] = [];
  for (let index = first; index <= steps.length; index++) {
    const step = steps[index];
    const cuts = step?.type === "write" ? step.bytes.length : 1;
    for (let cut = 0; cut < cuts; cut += cuts > 2000 ? 97 : 1) {
      const torn = step?.type === "write" ? [{ ...step, bytes: step.bytes.subarray(0, cut) }] : [];
      const state = await stateOf(MemoryFolder.after([...steps.slice(0, index), ...torn]));
      if (state !== old && state !== imported)
        expect.fail(`mixed after ${index} steps, ${cut} bytes`);
      if (found.at(-1) !== state) found.push(state);
    }
  }
  expect(found).toEqual([old, imported]);
});

test("with any of what was not flushed missing", async () => {
  for (let cut = first; cut <= steps.length; cut++) {
    for (const fate of [(at: number) => at % 2, (at: number) => (at + 1) % 2, () => 0]) {
      const done = steps.slice(0, cut);
      const flushed = (step: Step, at: number) =>
        done.some((later, when) => when > at && later.type === "flush" && later.file === step.file);
      const left = done.filter((step, at) => flushed(step, at) || fate(at) === 1);
      expect([old, imported]).toContain(await stateOf(MemoryFolder.after(left)));
    }
  }
});

test("a journal that was written and not flushed does not bring half of it back", async () => {
  const source = await TestMachine.start({ base });
  await writeFile(source.fs, "/new", new Uint8Array(20_000).fill(7));
  const file = await source.export();
  const folder = new MemoryFolder();
  const machine = await TestMachine.start({ base, folder });
  await writeFile(machine.fs, "/old", text("old"));
  await machine.fs.sync();
  // The journal's flush fails once, after all of it was written.
  folder.failsToFlush = 1;
  await expect(machine.import(file)).rejects.toMatchObject({ code: "unsaved" });
  // What the import had taken is used for something else, and not committed.
  await writeFile(machine.fs, "/other", new Uint8Array(40_000).fill(8));
  const state = await stateOf(MemoryFolder.after(folder.steps));
  const only = await TestMachine.start({ base, folder: new MemoryFolder() });
  await writeFile(only.fs, "/old", text("old"));
  expect(state).toBe(JSON.stringify(treeState(only.fs)));
});
