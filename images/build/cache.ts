/**
 * The build's cache: a folder outside the repository, shared by every checkout and every image.
 *
 * Whatever is in it under its final name is whole: files are written beside it and renamed. A build
 * that is killed leaves at most files in `temporary/`, which the next one removes.
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { TabnixError } from "../../workers/shared/errors.ts";

/** The variables that say where caches belong. */
export type Environment = Readonly<Record<string, string | undefined>>;

const TEMPORARY = "temporary";
const LOCK_RETRY_MILLISECONDS = 200;

/** `$TABNIX_CACHE`, else `$XDG_CACHE_HOME/tabnix`, else `~/.cache/tabnix`. */
export function cacheFolder(environment: Environment = process.env): string {
  if (environment["TABNIX_CACHE"]) return resolve(environment["TABNIX_CACHE"]);
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "tabnix");
}

/** Files by path below one root. Paths are relative, with `/`. */
export class Cache {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /**
   * Opens the cache, making its folder if needed, and removes what dead builds left half-written.
   *
   * @throws TabnixError `invalid-input` if the folder cannot be made
   */
  static async open(root: string = cacheFolder()): Promise<Cache> {
    try {
      await mkdir(join(root, TEMPORARY), { recursive: true });
    } catch (error) {
      throw new TabnixError(
        "invalid-input",
        `The cache folder ${root} cannot be made.`,
        "Set TABNIX_CACHE to a folder that you may write to.",
        error,
      );
    }
    const cache = new Cache(root);
    for (const name of await readdir(join(root, TEMPORARY))) {
      if (!isAlive(Number.parseInt(name, 10))) await rm(join(root, TEMPORARY, name));
    }
    return cache;
  }

  /** The absolute name of a cached file. */
  path(relative: string): string {
    return join(this.root, relative);
  }

  /** A new name in the cache's own file system, removed by the next `open` if this process dies. */
  temporary(): string {
    return join(this.root, TEMPORARY, `${process.pid}-${randomUUID()}`);
  }

  /** The bytes of a file, or undefined if it is not cached. */
  async read(relative: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.path(relative));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  /** Writes a file whole or not at all. */
  async write(relative: string, bytes: Uint8Array | string): Promise<void> {
    const temporary = this.temporary();
    try {
      await writeFile(temporary, bytes);
      await this.adopt(temporary, relative);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Moves a finished temporary file to its place. */
  async adopt(temporary: string, relative: string): Promise<void> {
    const path = this.path(relative);
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
  }

  /**
   * Runs `work` while no other process runs work under the same lock. A lock whose owner has died is
   * taken over.
   *
   * @param onWait called once, with the owner's process id, if the lock is taken
   */
  async exclusively<T>(
    name: string,
    work: () => Promise<T>,
    onWait: (owner: number) => void = () => {},
  ): Promise<T> {
    const path = this.path(`${name}.lock`);
    let told = false;
    while (!(await this.#tryLock(path))) {
      const owner = await lockOwner(path);
      if (owner === undefined) continue;
      if (!isAlive(owner)) {
        await this.#breakLock(path, owner);
        continue;
      }
      if (!told) onWait(owner);
      told = true;
      await new Promise((resume) => setTimeout(resume, LOCK_RETRY_MILLISECONDS));
    }
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  }

  async #tryLock(path: string): Promise<boolean> {
    const temporary = this.temporary();
    await writeFile(temporary, String(process.pid));
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (isErrno(error, "EEXIST")) return false;
      throw error;
    } finally {
      await rm(temporary);
    }
  }

  /** Removes a dead owner's lock; gives it back if another process was quicker and holds it now. */
  async #breakLock(path: string, deadOwner: number): Promise<void> {
    const aside = this.temporary();
    try {
      await rename(path, aside);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return;
      throw error;
    }
    if (!Object.is(await lockOwner(aside), deadOwner)) await link(aside, path).catch(() => {});
    await rm(aside);
  }
}

async function lockOwner(path: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(path, "utf8"), 10);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, "EPERM");
  }
}

/** Whether a thrown value is a system error with this POSIX name. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
