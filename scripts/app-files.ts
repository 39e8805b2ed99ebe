/** Lists the files of a built site for its service worker. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { AppFile, AppFiles } from "../workers/service/app/app-files.ts";

/** Of the Wasmer SDK: 5 MB for programs that few visitors start. */
const LAZY = /^wasmer-/;
const VERSION_DIGITS = 16;

/** All files below a folder, in the order of their names. @param without names at its top that are left out */
export async function listAppFiles(folder: string, without: readonly string[]): Promise<AppFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join("/"))
    .filter((path) => !without.includes(path.split("/", 1)[0]!))
    .sort();
  const files = await Promise.all(paths.map((path) => fileOf(folder, path)));
  const version = sha256(JSON.stringify(files)).slice(0, VERSION_DIGITS);
  return { version, files };
}

async function fileOf(folder: string, path: string): Promise<AppFile> {
  const bytes = await readFile(join(folder, path));
  return { path, sha256: sha256(bytes), size: bytes.length, isLazy: LAZY.test(path) };
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
