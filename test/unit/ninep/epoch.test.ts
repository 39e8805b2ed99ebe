/** Whose changes raise the epoch, and who is told. */
import { expect, test } from "vitest";
import { Epoch, Epochs, SharedEpochs } from "../../../workers/kernel/epoch.ts";
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

test("what is done for its mount does not raise it, also when it fails", () => {
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

/** A tree, and how often each mount's epoch has changed since it was asked last. */
function watched() {
  const fs = new FileSystem();
  const epochs = new Epochs();
  fs.watch(epochs.changed);
  const counts = { live: 0, system: 0 };
  epochs.follow((mount) => {
    counts[mount] += 1;
  });
  const raised = async () => {
    await Promise.resolve();
    const { live, system } = counts;
    Object.assign(counts, { live: 0, system: 0 });
    return { live, system };
  };
  const create = (name: string) =>
    fs.create(fs.root, toByteString(name), { mode: 0o644, uid: 0, gid: 0 });
  return { fs, epochs, raised, create };
}

test("what somebody else does with names both mounts are told of, with contents only the live one", async () => {
  const { fs, raised, create } = watched();
  expect(await raised()).toEqual({ live: 1, system: 1 });
  const file = create("file");
  expect(await raised()).toEqual({ live: 1, system: 1 });
  await fs.write(file, 0, new Uint8Array(9));
  expect(await raised()).toEqual({ live: 1, system: 0 });
  fs.rename(fs.root, toByteString("file"), fs.root, toByteString("moved"));
  expect(await raised()).toEqual({ live: 1, system: 1 });
  fs.unlink(fs.root, toByteString("moved"));
  expect(await raised()).toEqual({ live: 1, system: 1 });
});

test("what the guest does the system mount knows of, the live one only what it does itself", async () => {
  const { epochs, raised, create } = watched();
  await raised();
  epochs.own("system", () => create("one"));
  expect(await raised()).toEqual({ live: 1, system: 0 });
  epochs.own("live", () => create("two"));
  expect(await raised()).toEqual({ live: 0, system: 0 });
});

test("both threads see them", () => {
  const memory = SharedEpochs.makeMemory();
  const [kernel, machine] = [new SharedEpochs(memory), new SharedEpochs(memory)];
  kernel.set("live", 7);
  kernel.set("system", 0xffff_fffe);
  expect([machine.get("live"), machine.get("system")]).toEqual([7, 0xffff_fffe]);
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
