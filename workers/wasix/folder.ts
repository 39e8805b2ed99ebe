/**
 * The folder that a WASIX program runs in. The SDK has files only in memory: the program gets a copy, and
 * what it has changed there is written back when it ends. Links and devices are not copied, and stay.
 */
import {
  MAX_LISTED_ENTRIES,
  MAX_WASIX_FOLDER_BYTES,
  MAX_WASIX_FOLDER_ENTRIES,
} from "../shared/limits.ts";
import type { DirectoryEntry, OpenFlags } from "../wasi/contract.ts";
import { CannotStart } from "../wasi/endings.ts";
import { WasiError } from "../wasi/errno.ts";
import type { KernelCalls } from "./calls.ts";
import { SANDBOX_FOLDER, type SandboxFiles } from "./sdk.ts";

const READ: OpenFlags = { read: true, write: false, append: false, nonblocking: false };
const WRITE: OpenFlags = { read: false, write: true, append: false, nonblocking: false };
const MIB = 2 ** 20;

/** Contents by path from the folder on; undefined for a folder in it. Parents come first. */
export type Contents = Map<string, Uint8Array | undefined>;

export class Folder {
  private readonly calls: KernelCalls;
  private readonly directory: number;

  /** @param directory the kernel's number */
  constructor(calls: KernelCalls, directory: number) {
    this.calls = calls;
    this.directory = directory;
  }

  /** All that can be read in it. @throws CannotStart when that is too much */
  async read(): Promise<Contents> {
    const contents: Contents = new Map();
    let bytes = 0;
    const folders = [""];
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      for (const { name, kind } of await this.list(folder)) {
        if (contents.size >= MAX_WASIX_FOLDER_ENTRIES) throw tooMuch();
        const path = folder === "" ? name : `${folder}/${name}`;
        if (kind === "directory") {
          contents.set(path, undefined);
          folders.push(path);
        } else if (kind === "file") {
          const content = await this.readFile(path, MAX_WASIX_FOLDER_BYTES - bytes);
          if (!content) continue;
          contents.set(path, content);
          bytes += content.length;
        }
      }
    }
    return contents;
  }

  /**
   * Makes the folder what the program has made of its copy; what it has let be is not touched.
   *
   * @returns the paths that could not be changed
   */
  async write(before: Contents, files: SandboxFiles): Promise<string[]> {
    const failed: string[] = [];
    const attempt = async (path: string, act: () => Promise<unknown>) => {
      await act().catch((error: unknown) => {
        if (!(error instanceof WasiError)) throw error;
        failed.push(path);
      });
    };
    const after = await kindsIn(files);
    for (const [path, content] of [...before].reverse()) {
      const kind = content ? "file" : "directory";
      if (after.get(path) !== kind) await attempt(path, () => this.remove(path, kind));
    }
    for (const [path, kind] of after) {
      const known = before.get(path);
      if (kind === "directory") {
        const isNew = known !== undefined || !before.has(path);
        if (isNew) await attempt(path, () => this.makeFolder(path));
        continue;
      }
      const content = await files.readFile(`${SANDBOX_FOLDER}/${path}`);
      if (!known || !isEqual(known, content)) await attempt(path, () => this.save(path, content));
    }
    return failed;
  }

  private async list(folder: string): Promise<DirectoryEntry[]> {
    const file = await this.open(folder === "" ? "." : folder, READ, { directory: true });
    if (!file) return [];
    const all: DirectoryEntry[] = [];
    for (let cookie = 0; ; ) {
      const { entries = [] } = await this.calls.ask({
        op: "list",
        file: file.number,
        cookie,
        count: MAX_LISTED_ENTRIES,
      });
      all.push(...entries.filter(({ name }) => name !== "." && name !== ".."));
      const last = entries.at(-1);
      if (!last) break;
      if (all.length > MAX_WASIX_FOLDER_ENTRIES) throw tooMuch();
      cookie = last.cookie;
    }
    await this.close(file.number);
    return all;
  }

  private async readFile(path: string, most: number): Promise<Uint8Array | undefined> {
    const file = await this.open(path, READ);
    if (!file) return undefined;
    if (file.size > most) throw tooMuch();
    const content = await this.calls.readAll(file.number, file.size);
    await this.close(file.number);
    return content;
  }

  private async save(path: string, content: Uint8Array): Promise<void> {
    const file = await this.mustOpen(path, WRITE, { create: true, truncate: true });
    await this.calls.writeAll(file.number, content, 0);
    await this.close(file.number);
  }

  private async makeFolder(path: string): Promise<void> {
    await this.calls.ask({ op: "mkdir", at: this.directory, path });
  }

  private async remove(path: string, kind: "file" | "directory"): Promise<void> {
    const op = kind === "file" ? "unlink" : "rmdir";
    await this.calls.ask({ op, at: this.directory, path });
  }

  private async close(file: number): Promise<void> {
    await this.calls.ask({ op: "close", file });
  }

  /** @returns undefined for what the caller may not open */
  private open(...how: Parameters<Folder["mustOpen"]>): Promise<OpenedFile | undefined> {
    return this.mustOpen(...how).catch((error: unknown) => {
      if (error instanceof WasiError) return undefined;
      throw error;
    });
  }

  private async mustOpen(
    path: string,
    flags: OpenFlags,
    { create = false, truncate = false, directory = false } = {},
  ): Promise<OpenedFile> {
    const { file, status } = await this.calls.ask({
      op: "open",
      at: this.directory,
      path,
      follow: false,
      create,
      exclusive: false,
      directory,
      truncate,
      flags,
    });
    if (file === undefined || !status) throw new WasiError("EIO");
    return { number: file, size: status.size };
  }
}

interface OpenedFile {
  number: number;
  size: number;
}

/** What there is in the copy. Parents come first. */
async function kindsIn(files: SandboxFiles): Promise<Map<string, "file" | "directory">> {
  const found = new Map<string, "file" | "directory">();
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const entries = await files.readDir(
      folder === "" ? SANDBOX_FOLDER : `${SANDBOX_FOLDER}/${folder}`,
    );
    for (const { name, kind } of entries) {
      const path = folder === "" ? name : `${folder}/${name}`;
      found.set(path, kind);
      if (kind === "directory") folders.push(path);
    }
  }
  return found;
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function tooMuch(): CannotStart {
  return new CannotStart(
    `a WASIX program gets a copy of the folder it runs in, and this one has more than ` +
      `${MAX_WASIX_FOLDER_BYTES / MIB} MB or ${MAX_WASIX_FOLDER_ENTRIES} files`,
  );
}
