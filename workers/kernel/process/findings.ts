/** What somebody found where they looked in the tree, to tell later whether they would find the same. */
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { Credentials } from "./access.ts";
import { Walker } from "./walker.ts";

interface Look {
  from: Inode;
  path: string;
  follow: boolean;
}

export class Findings {
  private readonly walker: Walker;
  /** By where was looked. */
  private readonly found = new Map<string, Look & { outcome: string }>();

  constructor(fs: FileSystem, who: Credentials) {
    this.walker = new Walker(fs, who);
  }

  /** Notes what is there now, if nothing was noted before. */
  note(look: Look): void {
    const where = `${look.from.number} ${look.follow} ${look.path}`;
    if (!this.found.has(where)) this.found.set(where, { ...look, outcome: this.outcome(look) });
  }

  /** Whether everything is there as it was, and what was not there is not. */
  areTheSame(): boolean {
    return [...this.found.values()].every((look) => this.outcome(look) === look.outcome);
  }

  private outcome({ from, path, follow }: Look): string {
    try {
      const inode = this.walker.resolve(from, path, follow);
      const { number, version, mode, uid, gid, mtime } = inode;
      return [number, version, mode, uid, gid, mtime.seconds, mtime.nanoseconds].join(" ");
    } catch (error) {
      if (error instanceof PosixError) return error.code;
      throw error;
    }
  }
}
