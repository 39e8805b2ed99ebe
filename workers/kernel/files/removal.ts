/** Removing a tree of names from below, in pieces that keep nobody waiting. */
import { MAX_REMOVED_ENTRIES } from "../../shared/limits.ts";
import type { Entry } from "../filesystem/directory.ts";
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import type { ByteString } from "../filesystem/names.ts";

/** A directory on the way down, and what has yet to be removed from it. */
interface Level {
  directory: Inode;
  entries: Pick<Entry, "name" | "inode">[];
}

/**
 * Removes a name with all that is below it, or the first {@link MAX_REMOVED_ENTRIES} names of that. Depth
 * costs no stack: the guest may have made any.
 */
export function removeTree(
  fs: FileSystem,
  top: { directory: Inode; name: ByteString; inode: Inode },
): { removed: number; isDone: boolean } {
  const levels: Level[] = [{ directory: top.directory, entries: [top] }];
  let removed = 0;
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const entry = level.entries.at(-1);
    if (!entry) {
      levels.pop();
    } else if (entry.inode.directory && entry.inode.directory.size > 0) {
      const below = [...entry.inode.directory.entries()];
      levels.push({ directory: entry.inode, entries: below });
    } else {
      if (removed === MAX_REMOVED_ENTRIES) return { removed, isDone: false };
      if (entry.inode.isDirectory) fs.rmdir(level.directory, entry.name);
      else fs.unlink(level.directory, entry.name);
      level.entries.pop();
      removed += 1;
    }
  }
  return { removed, isDone: true };
}
