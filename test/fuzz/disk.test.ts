/** Records of a disk that were damaged are refused with a TabnixError, or are read as another sound tree. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { Journal } from "../../workers/kernel/disk/journal.ts";
import { RecordReader } from "../../workers/kernel/disk/records.ts";
import { Replay } from "../../workers/kernel/disk/replay.ts";
import { FileSystem } from "../../workers/kernel/filesystem/filesystem.ts";
import {
  linkPath,
  makeDirectories,
  makeNode,
  makeSymlink,
  remove,
  walk,
  writeFile,
} from "../../workers/kernel/filesystem/paths.ts";
import { restoreTree } from "../../workers/kernel/filesystem/tree-restore.ts";
import { setXattr } from "../../workers/kernel/filesystem/xattrs.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import { MemoryFolder } from "../unit/disk/memory-folder.ts";
import { start } from "../unit/disk/support.ts";
import { type Base, baseOf } from "../unit/ninep/near-session.ts";

const RUNS = 2000;
const BLOCKS = 8;
const text = (value: string) => new TextEncoder().encode(value);

let base: Base;
let commits: readonly Uint8Array[];

beforeAll(async () => {
  const made = new FileSystem();
  await writeFile(made, "/etc/hostname", text("tabnix"));
  await writeFile(made, "/etc/gone", text("gone"));
  base = await baseOf(made);
  const folder = new MemoryFolder();
  const { fs, disk } = await start(folder, base);
  await writeFile(fs, "/home/file", text("written"));
  linkPath(fs, "/etc/hostname", "/etc/name");
  makeSymlink(fs, "/bin", "usr/bin");
  makeNode(fs, "/dev/null", 0x103, { mode: 0o020666 });
  setXattr(fs, fs.root, "user.mark", text("root"));
  await disk.sync();
  remove(fs, "/etc/gone");
  makeDirectories(fs, "/home/directory");
  fs.rename(fs.root, "home", fs.root, "moved");
  await disk.sync();
  disk.close();
  commits = (await Journal.open(MemoryFolder.after(folder.steps), false)).commits;
});

/** Replays the commits, one of them damaged, and walks the tree that comes of it. */
function read(which: number, damage: (bytes: Uint8Array) => Uint8Array): void {
  const fs = new FileSystem(base);
  const reader = new RecordReader(new Uint8Array(0));
  const replay = new Replay(fs, BLOCKS, reader);
  for (const [at, bytes] of commits.entries()) {
    const records = at === which % commits.length ? damage(bytes.slice()) : bytes;
    for (const record of new RecordReader(records).records()) replay.apply(record);
  }
  restoreTree(fs, replay.tree(), (reason) => reader.fail(reason));
  expect([...walk(fs)].length).toBeGreaterThan(0);
}

function refusesOrReads(which: number, damage: (bytes: Uint8Array) => Uint8Array): void {
  try {
    read(which, damage);
  } catch (error) {
    expect(error).toBeInstanceOf(TabnixError);
  }
}

test("the whole of them is read", () => {
  read(0, (bytes) => bytes);
});

test("bytes changed", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.nat(), changes, (which, places) =>
      refusesOrReads(which, (bytes) => {
        for (const [at, value] of places) bytes[at % bytes.length] = value;
        return bytes;
      }),
    ),
    { numRuns: RUNS },
  );
});

test("cut off, and with something behind", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 40 }), (which, at, more) =>
      refusesOrReads(
        which,
        (bytes) => new Uint8Array([...bytes.subarray(0, at % bytes.length), ...more]),
      ),
    ),
    { numRuns: RUNS },
  );
});
