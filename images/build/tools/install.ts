/** Puts tools into a tree, with the list of them and the command that prints it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { remove, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { probeModule } from "./probe.ts";
import type { InstalledTool, LoadedTool } from "./tool.ts";

/** One line for each tool, between tabs: name, version, path, bytes, package. */
const LIST_PATH = "/usr/lib/tabnix/tools";
/** Runs, with status 0, where WebAssembly does. */
const PROBE_PATH = "/usr/lib/tabnix/probe";
const COMMAND_PATH = "/usr/bin/tools";
const COMMAND_SOURCE = new URL("../../tools/tools.sh", import.meta.url);
const PROGRAM_MODE = 0o755;

/** A hash of what {@link installTools} adds to every tree that has tools. */
export async function commonToolFilesHash(): Promise<string> {
  const hash = createHash("sha256").update(probeModule());
  return hash.update(await readFile(COMMAND_SOURCE)).digest("hex");
}

/**
 * The tools of a tree, in the order of their paths: those of the tree below, without what is replaced,
 * and the new ones.
 *
 * @param replaced paths where a recipe puts something else
 */
export function mergeTools(
  below: readonly InstalledTool[],
  added: readonly InstalledTool[],
  replaced: readonly string[],
): InstalledTool[] {
  const gone = new Set([...replaced, ...added.map(({ path }) => path)]);
  return [...below.filter(({ path }) => !gone.has(path)), ...added].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
}

/**
 * Writes tools with their data, owned by root, and what every tree with tools has.
 *
 * @param added those that are not in the tree yet
 * @param all every tool of the finished tree; none for a tree that has and gets no tools
 * @param mtime of all files, in seconds since 1970
 */
export async function installTools(
  fs: FileSystem,
  added: readonly LoadedTool[],
  all: readonly InstalledTool[],
  mtime: number,
): Promise<void> {
  const put = async (path: string, bytes: Uint8Array, mode?: number) => {
    remove(fs, path);
    const time = { seconds: mtime, nanoseconds: 0 };
    await writeFile(fs, path, bytes, { ...(mode ? { mode } : {}), mtime: time });
  };
  if (all.length > 0) {
    await put(LIST_PATH, Buffer.from(listOf(all)));
    await put(PROBE_PATH, probeModule(), PROGRAM_MODE);
    await put(COMMAND_PATH, await readFile(COMMAND_SOURCE), PROGRAM_MODE);
  }
  for (const { installed, program, data } of added) {
    await put(installed.path, program, PROGRAM_MODE);
    for (const [path, bytes] of data) await put(path, bytes);
  }
}

function listOf(tools: readonly InstalledTool[]): string {
  return tools
    .map((tool) => [tool.name, tool.version, tool.path, tool.bytes, tool.package].join("\t"))
    .map((line) => `${line}\n`)
    .join("");
}
