import { expect, test } from "vitest";
import { installTools, mergeTools } from "../../../images/build/tools/install.ts";
import type { InstalledTool, LoadedTool } from "../../../images/build/tools/tool.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { findPath, readFile, walk, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { EMPTY_MODULE } from "./registry-fixture.ts";

const MTIME = 1_600_000_000;

function toolAt(path: string, version = "1.0.0"): InstalledTool {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const rest = { bytes: EMPTY_MODULE.length, origin: "npm", licence: "MIT", sha512: "00" } as const;
  return { name, version, path, package: `${name}@${version}`, ...rest };
}

test("writes programs, their data, the list, the command and the probe", async () => {
  const fs = new FileSystem({ clock: () => ({ seconds: MTIME, nanoseconds: 0 }) });
  await writeFile(fs, "/usr/local/bin/b", Buffer.from("before"), { mode: 0o600, uid: 7 });
  const added: LoadedTool = {
    installed: toolAt("/usr/local/bin/b", "2.0.0"),
    program: EMPTY_MODULE,
    data: new Map([["/usr/lib/b/data", Buffer.from("data")]]),
  };
  await installTools(fs, [added], [toolAt("/usr/local/bin/a"), added.installed], MTIME);
  const files = [...walk(fs)].filter(({ inode }) => inode.isFile);
  expect(
    files.map(({ path, inode }) => [path, inode.mode & 0o7777, inode.uid, inode.mtime.seconds]),
  ).toEqual([
    ["/usr/bin/tools", 0o755, 0, MTIME],
    ["/usr/lib/b/data", 0o644, 0, MTIME],
    ["/usr/lib/tabnix/probe", 0o755, 0, MTIME],
    ["/usr/lib/tabnix/tools", 0o644, 0, MTIME],
    ["/usr/local/bin/b", 0o755, 0, MTIME],
  ]);
  expect(Buffer.from(await readFile(fs, "/usr/local/bin/b"))).toEqual(EMPTY_MODULE);
  expect(Buffer.from(await readFile(fs, "/usr/lib/tabnix/tools")).toString()).toBe(
    "a\t1.0.0\t/usr/local/bin/a\t8\ta@1.0.0\nb\t2.0.0\t/usr/local/bin/b\t8\tb@2.0.0\n",
  );
});

test("a tree without tools gets nothing", async () => {
  const fs = new FileSystem({});
  await installTools(fs, [], [], MTIME);
  expect(findPath(fs, "/usr")).toBeUndefined();
});

test("a tool of the tree below stays unless something else takes its place", () => {
  const below = ["/c", "/b", "/a"].map((path) => toolAt(path));
  const newer = toolAt("/b", "2.0.0");
  expect(mergeTools(below, [newer, toolAt("/0")], ["/c", "/x"])).toEqual([
    toolAt("/0"),
    toolAt("/a"),
    newer,
  ]);
});
