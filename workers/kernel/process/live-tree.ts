/**
 * The part of the tree that the guest does not cache, so that it sees at once what others change there;
 * images/agent/mounts.h binds it.
 */
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { type ByteString, toByteString } from "../filesystem/names.ts";

const LIVE_FOLDERS = ["home", "root", "tmp", "workspace"].map(toByteString);

/** Whether a path from the root of the tree leads into it. */
export function isLivePath(path: ByteString): boolean {
  return LIVE_FOLDERS.some((folder) => path.startsWith(`/${folder}/`));
}

/** Whether an inode is one of the folders that the guest binds, which have to stay where they are. */
export function isLiveFolder(fs: FileSystem, inode: Inode): boolean {
  return LIVE_FOLDERS.some((name) => fs.find(fs.root, name) === inode);
}

/** What a process changes where the guest would not see it. */
export class CachedChanges {
  /** There was a change. */
  any = false;
  private readonly fs: FileSystem;

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  /** Takes note of a change of a directory or of a file that was found in it. */
  note(directory: Inode): void {
    this.any ||= !this.isLive(directory);
  }

  private isLive(directory: Inode): boolean {
    const { root } = this.fs;
    let folder = directory;
    while (folder.parent && folder.parent !== root) folder = folder.parent;
    return isLiveFolder(this.fs, folder);
  }
}
