/** Linux keeps nothing of a file whose qid.version is 0: "it has no versions". */
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { resolvePath, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { NinepClient } from "./client.ts";

async function versions(qidVersion: "changing" | "zero"): Promise<number[]> {
  const fs = new FileSystem();
  await writeFile(fs, "/old", new Uint8Array(1));
  const client = await new NinepClient(new NinepServer(fs).session({ qidVersion })).attach();
  const old = resolvePath(fs, "/old");
  const fid = await client.walk("old");
  const seen = [await client.version(fid)];
  await writeFile(fs, "/old", new Uint8Array(2));
  seen.push(await client.version(fid));
  old.version = 2 ** 32 - 1;
  await writeFile(fs, "/old", new Uint8Array(3));
  seen.push(await client.version(fid));
  return seen;
}

test("the system tree's versions change and are never 0", async () => {
  const seen = await versions("changing");
  expect(seen[1]).toBeGreaterThan(seen[0] ?? 0);
  // After the largest, the counter starts anew.
  expect(seen[2]).toBeLessThan(seen[1] ?? 0);
  expect(seen.filter((version) => version === 0)).toEqual([]);
});

test("the live tree's are always 0: the guest must ask each time", async () => {
  expect(await versions("zero")).toEqual([0, 0, 0]);
});
