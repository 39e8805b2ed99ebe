/** Linux keeps nothing of a file whose qid.version is 0: "it has no versions". */
import { expect, test } from "vitest";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { open } from "../../../workers/kernel/ninep/protocol.ts";
import { NinepServer } from "../../../workers/kernel/ninep/server.ts";
import { NinepClient } from "./client.ts";

const LARGEST = 2 ** 32 - 1;

/** Versions of a file: as nobody has written it, after each of two writes, and after the largest. */
async function versions(qidVersion: "changing" | "zero"): Promise<number[]> {
  const fs = new FileSystem();
  const file = fs.create(fs.root, "file", { mode: 0o644, uid: 0, gid: 0 });
  const client = await new NinepClient(new NinepServer(fs).session({ qidVersion })).attach();
  const fid = await client.walk("file");
  await client.open(fid, open.writeOnly);
  const seen = [await client.version(fid)];
  for (let offset = 0; offset < 2; offset++) {
    await client.write(fid, offset, new Uint8Array(1));
    seen.push(await client.version(fid));
  }
  file.version = LARGEST;
  await client.write(fid, 2, new Uint8Array(1));
  seen.push(await client.version(fid));
  return seen;
}

test("the system tree's versions change and are never 0", async () => {
  expect(await versions("changing")).toEqual([1, 2, 3, 1]);
});

test("the live tree's are always 0: the guest must ask each time", async () => {
  expect(await versions("zero")).toEqual([0, 0, 0, 0]);
});
