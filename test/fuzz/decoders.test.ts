/** Documents that were damaged are refused with a TabnixError, or are read as another sound document. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { decodeTreeIndex, encodeTreeIndex } from "../../images/format/tree-index.ts";
import { exportTree } from "../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../workers/kernel/filesystem/filesystem.ts";
import { saveOverlay } from "../../workers/kernel/filesystem/overlay-image.ts";
import { restoreOverlay } from "../../workers/kernel/filesystem/overlay-restore.ts";
import {
  linkPath,
  makeDirectories,
  makeNode,
  makeSymlink,
  remove,
  walk,
  writeFile,
} from "../../workers/kernel/filesystem/paths.ts";
import { setXattr } from "../../workers/kernel/filesystem/xattrs.ts";
import { NinepServer } from "../../workers/kernel/ninep/server.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import { NinepClient } from "../unit/ninep/client.ts";
import { MemoryStore } from "../unit/store/memory-store.ts";

const RUNS = 1000;
const text = (value: string) => new TextEncoder().encode(value);

let index: Uint8Array;
let overlay: Uint8Array;
let state: Uint8Array;

function server(): { fs: FileSystem; server: NinepServer; client: NinepClient } {
  const fs = new FileSystem({ index: decodeTreeIndex(index), store: new MemoryStore() });
  const made = new NinepServer(fs);
  return { fs, server: made, client: new NinepClient(made.session({ qidVersion: "changing" })) };
}

beforeAll(async () => {
  const base = new FileSystem();
  await writeFile(base, "/etc/hostname", text("tabnix"));
  await writeFile(base, "/etc/gone", text("gone"));
  linkPath(base, "/etc/hostname", "/etc/name");
  makeSymlink(base, "/bin", "usr/bin");
  makeNode(base, "/dev/null", 0x103, { mode: 0o020666 });
  setXattr(base, base.root, "user.mark", text("root"));
  const store = new MemoryStore();
  index = (await exportTree(base, { put: (bytes) => store.put(bytes) })).index;

  const { fs, server: made, client } = server();
  await client.attach();
  await writeFile(fs, "/home/file", text("written"));
  makeDirectories(fs, "/home/directory");
  makeSymlink(fs, "/home/link", "file");
  remove(fs, "/etc/gone");
  await client.step(0, 1, ["home", "file"]);
  await client.open(1, 2);
  await client.lock(1, 1, [0, 10], 1);
  await client.step(0, 2, ["home"]);
  await client.xattrcreate(2, "user.pending", 4, 0);
  remove(fs, "/home/file");
  overlay = saveOverlay(fs);
  state = made.save();
});

/** Changes to a document: bytes replaced, and perhaps an end cut off. */
const damage = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
  cut: fc.option(fc.nat()),
});

function damaged(
  bytes: Uint8Array,
  { changes, cut }: { changes: [number, number][]; cut: number | null },
): Uint8Array {
  const copy = bytes.slice();
  for (const [at, value] of changes) copy[at % copy.length] = value;
  return cut === null ? copy : copy.slice(0, cut % copy.length);
}

/** Runs `decode`; only a TabnixError may come out of it. */
function refusesOr(decode: () => void): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof TabnixError)) throw error;
    expect(["malformed", "wrong-version"]).toContain(error.code);
  }
}

test("the tree index", () => {
  fc.assert(
    fc.property(damage, (harm) => {
      refusesOr(() => {
        const tree = decodeTreeIndex(damaged(index, harm));
        decodeTreeIndex(encodeTreeIndex(tree));
        [...walk(new FileSystem({ index: tree }))];
      });
    }),
    { numRuns: RUNS },
  );
});

test("the saved overlay", () => {
  fc.assert(
    fc.property(damage, (harm) => {
      const { fs } = server();
      refusesOr(() => {
        restoreOverlay(fs, damaged(overlay, harm));
        fs.dropUnusedOrphans();
        [...walk(fs)];
        saveOverlay(fs);
      });
    }),
    { numRuns: RUNS },
  );
});

test("the saved state of a server", () => {
  fc.assert(
    fc.property(damage, (harm) => {
      const { server: target } = server();
      refusesOr(() => {
        target.restore(damaged(state, harm));
        target.save();
      });
    }),
    { numRuns: RUNS },
  );
});

test("undamaged documents are read", () => {
  expect(encodeTreeIndex(decodeTreeIndex(index))).toEqual(index);
  const { fs, server: target } = server();
  target.restore(state);
  expect(saveOverlay(fs)).toEqual(overlay);
  expect(target.save()).toEqual(state);
});
