/**
 * Files of a mount that are no part of the tree: `/.tabnix/clone`, which the guest's agent for WebAssembly
 * opens (images/agent/exec-protocol.h). Each open of it is a conversation of its own.
 */
import type { Eventually } from "../filesystem/contents.ts";
import { Inode, ROOT_NUMBER, S_IFDIR, S_IFREG } from "../filesystem/inode.ts";
import type { ByteString } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { timestampOf } from "../filesystem/time.ts";

/** One open service file. */
export interface Channel {
  /** Waits until there is something to read, which {@link take} then gives. */
  ready(): Eventually<void>;
  /** What there is to read now, at most so many bytes. */
  take(most: number): Uint8Array;
  /** @throws PosixError */
  write(bytes: Uint8Array): void;
  /** The last user is gone. */
  close(): void;
}

/** Numbers from here on are of no inode of a tree. */
const FIRST_NUMBER = 2 ** 40;
/**
 * Linux reads on and on while a file has more than it got, and nothing where there is no more. So the
 * agent reads behind this end (images/agent/tabnix-exec.c), where offsets mean nothing.
 */
const ENDLESS = 2 ** 40;

export class ServiceFiles {
  private readonly open: () => Channel;
  private readonly folder = inodeOf(FIRST_NUMBER, S_IFDIR | 0o755, 0);
  private readonly clone = inodeOf(FIRST_NUMBER + 1, S_IFREG | 0o600, ENDLESS);

  /** @param open makes the channel of one open of `clone` */
  constructor(open: () => Channel) {
    this.open = open;
  }

  /** What a name leads to, if it is a service file's. */
  find(directory: Inode, name: ByteString): Inode | undefined {
    if (directory.number === ROOT_NUMBER && name === ".tabnix") return this.folder;
    if (directory !== this.folder) return undefined;
    if (name === ".") return this.folder;
    return name === "clone" ? this.clone : undefined;
  }

  /** A new channel, if the inode is that of a service file. */
  channel(inode: Inode): Channel | undefined {
    return inode === this.clone ? this.open() : undefined;
  }
}

/** @throws PosixError EPERM for a service file, which nobody changes */
export function checkChangeable(inode: Inode): void {
  if (inode.number >= FIRST_NUMBER) throw new PosixError("EPERM");
}

function inodeOf(number: number, mode: number, size: number): Inode {
  const time = timestampOf(0);
  const times = { atime: time, mtime: time, ctime: time };
  return new Inode({ number, mode, uid: 0, gid: 0, nlink: 1, size, rdev: 0, ...times });
}
