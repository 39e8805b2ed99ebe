/**
 * Devices that programs open by name. What the guest has in /dev is its own and not in the tree; these are
 * few, and the same everywhere: null(4), zero(4), full(4), random(4), and names of what is open already.
 */
import type { FileSystem } from "../filesystem/filesystem.ts";
import type { Inode } from "../filesystem/inode.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import type { OpenFile, OpenFiles } from "./open-files.ts";
import type { Walker } from "./walker.ts";

/** One that has no memory. */
export type Device = "null" | "zero" | "full" | "random";

const DEVICES = new Map<string, Device | number | "tty">([
  ["null", "null"],
  ["zero", "zero"],
  ["full", "full"],
  ["random", "random"],
  ["urandom", "random"],
  ["stdin", 0],
  ["stdout", 1],
  ["stderr", 2],
  ["tty", "tty"],
]);
const STANDARD_FILES = [0, 1, 2];
/** As much as getRandomValues() gives at once. */
const RANDOM_BYTES = 65536;

export class Devices {
  private readonly fs: FileSystem;
  private readonly files: OpenFiles;
  private readonly walker: Walker;

  constructor(options: { fs: FileSystem; files: OpenFiles; walker: Walker }) {
    this.fs = options.fs;
    this.files = options.files;
    this.walker = options.walker;
  }

  /**
   * What a path is, if it is a device.
   *
   * @throws PosixError as open(2) when it leads nowhere, ENXIO for a terminal where there is none, EBADF
   *   for a standard file that is closed
   */
  find(from: Inode, path: string): OpenFile | undefined {
    const device = DEVICES.get(path.slice(path.lastIndexOf("/") + 1));
    if (device === undefined) return undefined;
    const { directory, inode } = this.walker.place(from, path);
    if (inode || directory !== this.fs.find(this.fs.root, "dev")) return undefined;
    if (device === "tty") return this.terminal();
    return typeof device === "number" ? this.files.get(device) : { device };
  }

  private terminal(): OpenFile {
    for (const number of STANDARD_FILES) {
      const file = this.files.find(number);
      if (file && "kind" in file && file.kind === "terminal") return file;
    }
    throw new PosixError("ENXIO", "no terminal");
  }
}

/** The next bytes of a device. */
export function readDevice(device: Device, length: number): Uint8Array {
  if (device === "null") return new Uint8Array(0);
  if (device !== "random") return new Uint8Array(length);
  return crypto.getRandomValues(new Uint8Array(Math.min(length, RANDOM_BYTES)));
}

/** Takes all bytes. @throws PosixError ENOSPC for "full" */
export function writeDevice(device: Device): void {
  if (device === "full") throw new PosixError("ENOSPC");
}
