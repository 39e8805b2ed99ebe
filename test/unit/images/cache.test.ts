import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache, cacheFolder } from "../../../images/build/cache.ts";

let folder: string;
let cache: Cache;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-cache-"));
  cache = await Cache.open(folder);
});

afterEach(() => rm(folder, { recursive: true }));

/** The number of a process that has ended. */
function deadProcess(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("is where the environment says", () => {
  const folders = [
    { TABNIX_CACHE: "/a", XDG_CACHE_HOME: "/b" },
    { XDG_CACHE_HOME: "/b" },
    { TABNIX_CACHE: "", XDG_CACHE_HOME: "" },
  ].map((environment) => cacheFolder(environment));
  expect(folders).toEqual(["/a", "/b/tabnix", join(homedir(), ".cache/tabnix")]);
});

test("says so when it cannot be made", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(Cache.open(join(folder, "file"))).rejects.toMatchObject({
    code: "invalid-input",
    message: `The cache folder ${join(folder, "file")} cannot be made.`,
  });
});

test("writes whole files and leaves nothing beside them", async () => {
  await cache.write("a/b", "text");
  await cache.write("a/b", "more");
  expect(String(await cache.read("a/b"))).toBe("more");
  expect(await cache.read("a/c")).toBeUndefined();
  await expect(cache.write("a/b/c", "text")).rejects.toThrow();
  expect(await readdir(folder, { recursive: true })).toEqual(["a", "temporary", "a/b"]);
});

test("removes what dead processes left, and only that", async () => {
  const ours = cache.temporary();
  await writeFile(ours, "");
  await writeFile(join(folder, `temporary/${deadProcess()}-x`), "");
  await Cache.open(folder);
  expect(await readdir(join(folder, "temporary"))).toEqual([ours.split("/").pop()]);
});

test("lets one work at a time, in the end all", async () => {
  const events: string[] = [];
  const owners: number[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let entered = () => {};
  const first = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const one = cache.exclusively("build", async () => {
    entered();
    await held;
    events.push("one ends");
  });
  await first;
  const waits = new Promise<void>((resolve) => {
    const two = cache.exclusively(
      "build",
      async () => {
        events.push("two runs");
      },
      (owner) => {
        owners.push(owner);
        release();
        resolve(two);
      },
    );
  });
  await Promise.all([one, waits]);
  expect(events).toEqual(["one ends", "two runs"]);
  expect(owners).toEqual([process.pid]);
  expect(await readdir(folder)).toEqual(["temporary"]);
});

test("takes over the lock of a dead process, and frees its own after a failure", async () => {
  await writeFile(join(folder, "build.lock"), String(deadProcess()));
  await expect(
    cache.exclusively("build", async () => {
      throw new Error("failed");
    }),
  ).rejects.toThrow("failed");
  expect(await cache.exclusively("build", async () => "done")).toBe("done");
  expect(await readdir(folder)).toEqual(["temporary"]);
});
