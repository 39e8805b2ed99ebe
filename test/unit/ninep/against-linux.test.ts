/** Random operations give the same results, errors and trees as the Linux this test runs on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { exportTree } from "../../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { NinepClient } from "./client.ts";
import { sequence } from "./operations.ts";
import { describeTree, LinuxTree, NinepTree, type Operation, outcome } from "./two-trees.ts";

const RUNS = 200;

/** Runs a sequence on both trees, comparing each outcome and the trees at the end. */
async function compare(linux: LinuxTree, ninep: NinepTree, operations: Operation[]): Promise<void> {
  for (const step of operations) {
    const paths = [("path" in step && step.path) || "", ("from" in step && step.from) || ""];
    if ("to" in step) paths.push(step.to);
    if (paths.some((each) => linux.crossesLink(each))) continue;
    const expected = await outcome(linux, step);
    if (isRefusedByKernel(step, expected)) continue;
    expect({ step, ...toObject(await outcome(ninep, step)) }).toEqual({
      step,
      ...toObject(expected),
    });
  }
  expect(await describeTree(ninep)).toEqual(await describeTree(linux));
}

/** ftruncate of a file open for reading is refused by the kernel before it asks its server. */
function isRefusedByKernel(step: Operation, expected: unknown): boolean {
  return step.kind === "truncate" && toObject(expected)["error"] === "EINVAL";
}

function toObject(value: unknown): Record<string, unknown> {
  return value as Record<string, unknown>;
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tabnix-against-linux-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function connect(fs: FileSystem): Promise<NinepTree> {
  const session = new NinepServer(fs).session({ qidVersion: "changing" });
  return new NinepTree(await new NinepClient(session).attach());
}

test("a tree made in the overlay", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, (operations) =>
      withFolder(async (folder) => {
        const linux = new LinuxTree(folder);
        const ninep = await connect(new FileSystem());
        await compare(linux, ninep, operations);
        await Promise.all([linux.close(), ninep.close()]);
      }),
    ),
    { numRuns: RUNS },
  );
});

test("a tree that was exported and is now a base", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, sequence, (before, after) =>
      withFolder(async (folder) => {
        const linux = new LinuxTree(folder);
        const made = new FileSystem();
        const first = await connect(made);
        await compare(linux, first, before);
        await Promise.all([linux.close(), first.close()]);

        const store = new MemoryStore();
        const { index } = await exportTree(made, { put: (content) => store.put(content) });
        const second = await connect(new FileSystem({ index: decodeTreeIndex(index), store }));
        await compare(linux, second, after);
        await Promise.all([linux.close(), second.close()]);
      }),
    ),
    { numRuns: RUNS },
  );
});
