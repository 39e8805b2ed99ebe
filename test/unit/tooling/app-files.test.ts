import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { listAppFiles } from "../../../scripts/app-files.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function site(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tabnix-site-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("lists what a site consists of, in order, without what is not the app's", async () => {
  const folder = await site({
    "index.html": "page",
    "assets/b.js": "b",
    "assets/a.js": "",
    "wasmer-1.2/sdk.js": "sdk",
    "images/tiny/manifest.json": "{}",
    "service-worker.js": "worker",
  });
  expect((await listAppFiles(folder, ["images", "service-worker.js"])).files).toEqual([
    { path: "assets/a.js", sha256: sha256(""), size: 0, isLazy: false },
    { path: "assets/b.js", sha256: sha256("b"), size: 1, isLazy: false },
    { path: "index.html", sha256: sha256("page"), size: 4, isLazy: false },
    { path: "wasmer-1.2/sdk.js", sha256: sha256("sdk"), size: 3, isLazy: true },
  ]);
});

test("the version is another when a file's name or content is", async () => {
  const versionOf = async (files: Readonly<Record<string, string>>) =>
    (await listAppFiles(await site(files), [])).version;
  const version = await versionOf({ a: "1", b: "2" });
  expect(version).toMatch(/^[0-9a-f]{16}$/);
  expect(await versionOf({ b: "2", a: "1" })).toBe(version);
  expect(await versionOf({ a: "1", b: "3" })).not.toBe(version);
  expect(await versionOf({ a: "1", c: "2" })).not.toBe(version);
});
