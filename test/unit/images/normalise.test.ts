import { expect, test } from "vitest";
import { normaliseNode } from "../../../images/build/normalise.ts";
import type { IndexInode } from "../../../images/format/tree-index.ts";

const LATEST = 1000;
const FOLDER = 0o040755;
const FILE = 0o100644;

/** As the exporter asks: what is in a folder is not known yet. */
function node(mode: number, seconds = 0): IndexInode {
  return { mode, uid: 0, gid: 0, mtime: { seconds, nanoseconds: 5 } };
}

test.each<[path: string, isFolder: boolean, isKept: boolean]>([
  ["/var/log", true, true],
  // Programs do not make their packages' folders again: nginx would not start.
  ["/var/log/nginx", true, true],
  ["/var/log/nginx/error.log", false, false],
  ["/var/log/dpkg.log", false, false],
  ["/tmp", true, true],
  ["/tmp/folder", true, false],
  ["/var/cache/ldconfig/aux-cache", false, false],
  ["/etc/passwd-", false, false],
  ["/etc/passwd", false, true],
])("%s", (path, isFolder, isKept) => {
  expect(normaliseNode(node(isFolder ? FOLDER : FILE), path, LATEST) !== undefined).toBe(isKept);
});

test("nothing is younger than the release", () => {
  const times = (seconds: number) => normaliseNode(node(FILE, seconds), "/file", LATEST)?.mtime;
  expect(times(999)).toEqual({ seconds: 999, nanoseconds: 5 });
  expect(times(1001)).toEqual({ seconds: LATEST, nanoseconds: 0 });
});
