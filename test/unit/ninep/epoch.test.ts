/** Whose changes raise the epoch, and who is told. */
import { expect, test } from "vitest";
import { Epoch, SharedEpoch } from "../../../workers/kernel/epoch.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { toByteString } from "../../../workers/kernel/filesystem/names.ts";

function followed() {
  const epoch = new Epoch();
  const told: number[] = [];
  epoch.follow((value) => told.push(value));
  return { epoch, told };
}

test("a change gives another number, once for all that happens in a task", async () => {
  const { epoch, told } = followed();
  epoch.changed();
  epoch.changed();
  await Promise.resolve();
  epoch.changed();
  expect(new Set(told).size).toBe(3);
  expect(told).toHaveLength(3);
});

test("what the live mount changes at once is its own, also when it fails", () => {
  const { epoch, told } = followed();
  epoch.own(() => epoch.changed());
  expect(() =>
    epoch.own(() => {
      epoch.changed();
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(told).toHaveLength(1);
  epoch.changed();
  expect(told).toHaveLength(2);
});

test("it starts anywhere, and is never 0 or all ones", () => {
  const starts = Array.from({ length: 50 }, () => followed().told[0] as number);
  expect(new Set(starts).size).toBeGreaterThan(1);
  expect(starts.every((start) => start > 0 && start < 0xffff_ffff)).toBe(true);
});

test("both threads see it", () => {
  const memory = SharedEpoch.makeMemory();
  const { epoch } = followed();
  const shared = new SharedEpoch(memory);
  let told = 0;
  epoch.follow((value) => {
    told = value;
    shared.value = value;
  });
  epoch.changed();
  expect(new SharedEpoch(memory).value).toBe(told);
});

test("a tree tells of every kind of change", async () => {
  const fs = new FileSystem();
  const { root } = fs;
  const name = toByteString;
  const creation = { mode: 0o755, uid: 0, gid: 0 };
  let changes = 0;
  fs.watch(() => {
    changes += 1;
  });
  const silent: string[] = [];
  const step = async <T>(what: string, change: () => T): Promise<Awaited<T>> => {
    const before = changes;
    const result = await change();
    if (changes === before) silent.push(what);
    return result;
  };
  const file = await step("create", () => fs.create(root, name("f"), creation));
  await step("write", () => fs.write(file, 0, new Uint8Array(9)));
  await step("truncate", () => fs.truncate(file, 3));
  await step("link", () => fs.link(root, name("g"), file));
  await step("rename", () => fs.rename(root, name("g"), root, name("h")));
  await step("unlink", () => fs.unlink(root, name("h")));
  await step("mkdir", () => fs.mkdir(root, name("d"), creation));
  await step("rmdir", () => fs.rmdir(root, name("d")));
  await step("symlink", () => fs.symlink(root, name("s"), name("f"), creation));
  await step("mknod", () => fs.mknod(root, name("n"), { ...creation, mode: 0o10644 }, 0));
  await step("attributes", () => fs.setAttributes(file, { mode: 0o600 }));
  expect(silent).toEqual([]);
});
