/** Archives are read back with the system's tar. */
import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { download } from "../../../src/app/file-panel/download.ts";
import { type TarMember, tar } from "../../../src/app/file-panel/tar.ts";
import {
  makeDirectories,
  makeNode,
  makeSymlink,
  resolvePath,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { setUp, text } from "./support.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-tar-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const FILE = { kind: "file", mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000_000 } as const;

async function* each<Value>(...values: Value[]): AsyncGenerator<Value, void, undefined> {
  yield* values;
}

async function archive(...members: TarMember[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of tar(each(...members))) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Runs tar on an archive. */
function run(bytes: Uint8Array, ...args: string[]): string {
  return execFileSync("tar", [...args, "-f", "-", "-C", folder], {
    input: bytes,
    encoding: "latin1",
    stdio: "pipe",
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
  });
}

test("files, folders and links come out as they went in", async () => {
  const bytes = await archive(
    { ...FILE, name: "top", kind: "directory", mode: 0o750 },
    {
      ...FILE,
      name: "top/file",
      mode: 0o4755,
      content: { size: 600, pieces: each(new Uint8Array(512).fill(7), new Uint8Array(88).fill(8)) },
    },
    { ...FILE, name: "top/empty", content: { size: 0, pieces: each() } },
    { ...FILE, name: "top/link", kind: "link", target: "../else where" },
  );
  expect(bytes.length % 512).toBe(0);
  run(bytes, "-xp");
  const file = join(folder, "top/file");
  expect(readFileSync(file)).toEqual(Buffer.from([...Array(512).fill(7), ...Array(88).fill(8)]));
  expect(lstatSync(file).mode & 0o7777).toBe(0o4755);
  expect(lstatSync(file).mtimeMs).toBe(FILE.mtime);
  expect(lstatSync(join(folder, "top")).mode & 0o7777).toBe(0o750);
  expect(lstatSync(join(folder, "top/empty")).size).toBe(0);
  expect(readlinkSync(join(folder, "top/link"))).toBe("../else where");
});

test("what is too long or too large for a header goes into an extended one", async () => {
  const name = `deep/${"a".repeat(99)}/${"ü".repeat(60)}`;
  const bytes = await archive(
    {
      ...FILE,
      name: Buffer.from(name).toString("latin1"),
      uid: 3_000_000,
      mtime: -1000,
      content: { size: 1, pieces: each(text("x")) },
    },
    { ...FILE, name: `${"b".repeat(99)}`, kind: "directory" },
    { ...FILE, name: "link", kind: "link", target: "c".repeat(300) },
  );
  run(bytes, "-x", "--no-same-owner");
  expect(readFileSync(join(folder, name), "utf8")).toBe("x");
  expect(lstatSync(join(folder, name)).mtimeMs).toBe(-1000);
  expect(readlinkSync(join(folder, "link"))).toBe("c".repeat(300));
  expect(run(bytes, "-tv", "--numeric-owner")).toContain("3000000/0");
  expect(lstatSync(join(folder, "b".repeat(99))).isDirectory()).toBe(true);
});

test("the length in a record counts itself, also where a digit more makes it longer", async () => {
  for (let length = 101; length < 120; length++) {
    const bytes = await archive({ ...FILE, name: "n".repeat(length), kind: "directory" });
    expect(run(bytes, "-t").trim()).toBe(`${"n".repeat(length)}/`);
  }
});

test("a name that is not UTF-8 keeps its bytes", async () => {
  const bytes = await archive(
    { ...FILE, name: "caf\xe9", kind: "directory" },
    { ...FILE, name: `${"l".repeat(110)}\xff`, kind: "directory" },
  );
  expect(run(bytes, "-t", "--quoting-style=literal").split("\n")).toEqual([
    "caf\xe9/",
    `${"l".repeat(110)}\xff/`,
    "",
  ]);
});

test("a file of another size than was said fails", async () => {
  for (const size of [2, 4]) {
    const made = archive({ ...FILE, name: "file", content: { size, pieces: each(text("abc")) } });
    await expect(made).rejects.toMatchObject({
      code: "changed",
      message: "file changed while it was read.",
    });
  }
});

test("a folder of the machine is an archive with all that is in it but devices", async () => {
  const { fs, files } = setUp();
  const content = new Uint8Array(2_500_000).map((_, i) => i % 253);
  await writeFile(fs, "/root/desk/a/large", content, { mode: 0o600 });
  await writeFile(fs, "/root/desk/note", text("note"));
  makeDirectories(fs, "/root/desk/empty");
  makeSymlink(fs, "/root/desk/link", "note");
  makeNode(fs, "/root/desk/pipe", 0, { mode: 0o010600 });
  fs.create(resolvePath(fs, "/root/desk"), "caf\xe9", { mode: 0o644, uid: 0, gid: 0 });
  const told = { total: { bytes: 0, files: 0 }, bytes: 0, files: 0 };
  const {
    name,
    content: packed,
    leftOut,
  } = await download(files, "/root/desk", {
    signal: new AbortController().signal,
    expect: (total) => {
      told.total = total;
    },
    onBytes: (bytes) => {
      told.bytes += bytes;
    },
    onFiles: (count) => {
      told.files += count;
    },
  });
  expect([name, leftOut]).toEqual(["desk.tar", 1]);
  expect(told).toEqual({ total: { bytes: 2_500_004, files: 6 }, bytes: 2_500_004, files: 6 });
  const bytes = new Uint8Array(await packed.arrayBuffer());
  run(bytes, "-x");
  expect(Buffer.compare(readFileSync(join(folder, "desk/a/large")), content)).toBe(0);
  expect(readlinkSync(join(folder, "desk/link"))).toBe("note");
  expect(run(bytes, "-t", "--quoting-style=literal").split("\n").sort()).toEqual(
    "|desk/|desk/a/|desk/a/large|desk/caf\xe9|desk/empty/|desk/link|desk/note".split("|"),
  );
});
