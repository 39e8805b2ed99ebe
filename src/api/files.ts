/** The files of a sandbox: past its users and their permissions, as root. */
import { TabnixError } from "../../workers/shared/errors.ts";
import type { FileAccess, FileEntry, FileStatus } from "../file-access.ts";
import { checkContent, checkObject, checkPath, checkSignal } from "./checks.ts";
import type { Abortable, FileContent } from "./contract.ts";
import type { Lifetime } from "./lifetime.ts";

/**
 * Every call takes absolute paths. It fails with a TabnixError that says why in plain words: `not-found`,
 * `exists`, `full`…; `invalid-input` for what is no path; `closed`; and the signal's reason.
 */
export class SandboxFiles {
  readonly #files: FileAccess;
  readonly #lifetime: Lifetime;

  constructor(files: FileAccess, lifetime: Lifetime) {
    this.#files = files;
    this.#lifetime = lifetime;
  }

  /** All of a file's bytes. */
  read(path: string, options?: Abortable): Promise<Uint8Array> {
    return this.#do(path, options, async (signal) => {
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for await (const piece of this.#files.read(path, { signal })) pieces.push(piece);
      return new Uint8Array(await new Blob(pieces).arrayBuffer());
    });
  }

  /** All of a file as UTF-8. */
  async readText(path: string, options?: Abortable): Promise<string> {
    return new TextDecoder().decode(await this.read(path, options));
  }

  /**
   * Writes a whole file, in place of one that is there, whose owner and permissions it keeps. The folder must
   * be there. The name is the old content's until all of the new one is written.
   */
  write(path: string, content: FileContent, options?: Abortable): Promise<void> {
    return this.#do(path, options, async (signal) => {
      const blob = checkContent(content, `The content of ${path}`);
      await this.#files.write(path, blob, { replaces: "anything", signal });
    });
  }

  /** What is in a folder, in the order of names. */
  list(path: string, options?: Abortable): Promise<FileEntry[]> {
    return this.#do(path, options, async (signal) => {
      const entries = await this.#files.list(path, { signal });
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  /** What a path leads to, or with `follow: false` a symbolic link at its end. */
  stat(path: string, options: Abortable & { follow?: boolean } = {}): Promise<FileStatus> {
    const { follow = true } = options;
    return this.#do(path, options, () => this.#files.status(path, { follow }));
  }

  /** Whether a path leads to anything. */
  async exists(path: string, options?: Abortable): Promise<boolean> {
    try {
      await this.stat(path, options);
      return true;
    } catch (error) {
      if (error instanceof TabnixError && error.code === "not-found") return false;
      throw error;
    }
  }

  /** Makes a folder, with `recursive` those above it too; then it may be there already. */
  mkdir(path: string, options: Abortable & { recursive?: boolean } = {}): Promise<void> {
    return this.#do(path, options, async (signal) => {
      if (!options.recursive) return this.#files.makeDirectory(path);
      for (const folder of foldersOf(path)) {
        signal.throwIfAborted();
        await this.#makeUnlessThere(folder);
      }
    });
  }

  /** Gives a file or folder another path, in place of a file that is there. */
  rename(path: string, to: string, options?: Abortable): Promise<void> {
    return this.#do(path, options, async () => {
      checkPath(to);
      await this.#files.rename(path, to, { replaces: "anything" });
    });
  }

  /** Removes a file, or a folder with all that is in it. */
  remove(path: string, options?: Abortable): Promise<void> {
    return this.#do(path, options, async (signal) => {
      await this.#files.remove(path, { signal });
    });
  }

  async #makeUnlessThere(folder: string): Promise<void> {
    try {
      await this.#files.makeDirectory(folder);
    } catch (error) {
      if (!(error instanceof TabnixError) || error.code !== "exists") throw error;
      if ((await this.#files.status(folder)).kind !== "directory") throw error;
    }
  }

  async #do<T>(
    path: string,
    options: Abortable = {},
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#lifetime.check();
    checkPath(path);
    checkObject(options, "The options");
    return this.#lifetime.within(checkSignal(options.signal), work);
  }
}

/** A folder and all above it, from the top; not the root itself. */
export function foldersOf(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  return names.map((_, i) => `/${names.slice(0, i + 1).join("/")}`);
}
