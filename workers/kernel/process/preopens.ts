/**
 * What a program has open of the tree when it starts, and where it believes to be. A C library for WASI
 * knows neither a root nor a working directory, only directories that are open. It takes the longest that
 * a path begins with.
 */
import { MAX_PREOPENS } from "../../shared/limits.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { toText } from "../filesystem/names.ts";
import { findPath } from "../filesystem/paths.ts";
import type { Credentials } from "./access.ts";
import type { ExecRequest } from "./exec-protocol.ts";
import { treePath } from "./stdio.ts";
import type { ToolOptions } from "./tool-options.ts";
import { Walker } from "./walker.ts";

export interface Preopen {
  path: string;
  inode: Inode;
  /** The number that the program has it by. */
  file: number;
}

/** What the working directory is called; it is the first. */
export const WORKING_DIRECTORY = ".";
const FIRST_PREOPEN = 3;
const PWD = "PWD=";

/**
 * For a program that goes to its working directory itself, the root. For others the working directory is
 * what no other is, and the root is each of the directories in it.
 */
export function preopensOf(
  fs: FileSystem,
  directory: string,
  who: Credentials,
  { cwd, folders }: ToolOptions,
): Preopen[] {
  const wanted = cwd === "self" ? [{ path: "/", at: "/" }] : usualFolders(fs, directory);
  const walker = new Walker(fs, who);
  const found = [...wanted, ...folders.map((path) => ({ path, at: path }))].flatMap(
    ({ path, at }) => {
      try {
        const inode = walker.resolve(fs.root, at, true);
        return inode.isDirectory ? [{ path, inode }] : [];
      } catch {
        // What cannot be walked to cannot be open: a link that leads nowhere, a folder only the guest has.
        return [];
      }
    },
  );
  return found
    .slice(0, MAX_PREOPENS)
    .map((one, index) => ({ ...one, file: FIRST_PREOPEN + index }));
}

function usualFolders(fs: FileSystem, directory: string): { path: string; at: string }[] {
  const inRoot = [...(fs.root.directory?.entries() ?? [])]
    .filter(({ inode }) => !inode.isFile)
    .map(({ name }) => `/${toText(name)}`);
  return [
    { path: WORKING_DIRECTORY, at: toText(treePath(directory)) },
    ...inRoot.map((path) => ({ path, at: path })),
  ];
}

/** As getcwd(3) has it; with the links that the caller's `PWD` came through, if it leads there. */
export function workingDirectory(
  fs: FileSystem,
  { directory, environment }: Pick<ExecRequest, "directory" | "environment">,
): string {
  const physical = toText(treePath(directory));
  const told = environment.map(toText).find((entry) => entry.startsWith(PWD));
  const logical = told?.slice(PWD.length);
  if (!logical?.startsWith("/") || logical.split("/").some(isDots)) return physical;
  try {
    const inode = findPath(fs, logical);
    return inode && inode === findPath(fs, physical) ? logical : physical;
  } catch {
    return physical;
  }
}

function isDots(name: string): boolean {
  return name === "." || name === "..";
}
