/** Everything in a folder, on either side. */
import { TabnixError } from "../../../workers/shared/errors.ts";
import { MAX_TRANSFER_FILES } from "../../../workers/shared/limits.ts";
import type { FileAccess, FileEntry } from "../../file-access.ts";
import { inFolder } from "./paths.ts";

/** A file or folder below another one. */
export interface TreeEntry {
  /** Where it is in the tree. */
  path: string;
  /** From the folder that was asked for. */
  relative: string;
  entry: FileEntry;
}

/** What is in a folder and in those below it, folders before what is in them. Links are not followed. */
export async function treeOf(
  files: FileAccess,
  folder: string,
  signal?: AbortSignal,
): Promise<TreeEntry[]> {
  const found: TreeEntry[] = [];
  const folders = [{ path: folder, relative: "" }];
  for (let at = folders.pop(); at; at = folders.pop()) {
    for (const entry of await files.list(at.path, { signal })) {
      const path = inFolder(at.path, entry.name);
      const relative = at.relative === "" ? entry.name : `${at.relative}/${entry.name}`;
      found.push({ path, relative, entry });
      checkCount(found.length);
      if (entry.kind === "directory") folders.push({ path, relative });
    }
  }
  return found;
}

/** @throws TabnixError `invalid-input` */
export function checkCount(count: number): void {
  if (count <= MAX_TRANSFER_FILES) return;
  throw new TabnixError(
    "invalid-input",
    `There are more than ${MAX_TRANSFER_FILES} files.`,
    "Take a part of them, or pack them with tar first.",
  );
}
