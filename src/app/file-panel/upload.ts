import { TabnixError } from "../../../workers/shared/errors.ts";
import type { FileAccess } from "../../file-access.ts";
import type { LocalItem } from "./local-files.ts";
import { inFolder } from "./paths.ts";
import type { Progress } from "./transfers.ts";

export interface UploadOptions {
  files: FileAccess;
  /** Where to. */
  folder: string;
  items: readonly LocalItem[];
  progress: Progress;
  /** Whether these may be replaced, which are there already. */
  mayReplace(paths: readonly string[]): Promise<boolean>;
}

/**
 * Copies files and folders into the tree. Those that are there already come last, if they may be replaced.
 * The first error ends it; what was copied before it stays.
 *
 * @throws TabnixError
 */
export async function upload(options: UploadOptions): Promise<void> {
  const { files, items, progress } = options;
  const contents = items.flatMap(({ content }) => content ?? []);
  const bytes = contents.reduce((sum, { size }) => sum + size, 0);
  progress.expect({ bytes, files: contents.length });
  const taken = await files.together(() => copy(options));
  if (taken.length === 0 || !(await options.mayReplace(taken.map(({ path }) => path)))) return;
  await files.together(async () => {
    for (const { path, content } of taken) await write(options, path, content, "anything");
  });
}

/** @returns what is there already */
async function copy(options: UploadOptions): Promise<{ path: string; content: File }[]> {
  const { files, folder, items, progress } = options;
  const taken: { path: string; content: File }[] = [];
  for (const { path: relative, content } of items) {
    progress.signal.throwIfAborted();
    const path = inFolder(folder, relative);
    if (!content) await ensureFolder(files, path);
    else if (!(await write(options, path, content, "nothing"))) taken.push({ path, content });
  }
  return taken;
}

/** @returns false when the name is taken and may not be replaced */
async function write(
  { files, progress }: UploadOptions,
  path: string,
  content: File,
  replaces: "nothing" | "anything",
): Promise<boolean> {
  const { signal, onBytes } = progress;
  try {
    await files.write(path, content, { replaces, signal, onBytes });
  } catch (error) {
    if (replaces === "nothing" && isTaken(error)) return false;
    throw error;
  }
  progress.onFiles(1);
  return true;
}

async function ensureFolder(files: FileAccess, path: string): Promise<void> {
  try {
    await files.makeDirectory(path);
  } catch (error) {
    if (!isTaken(error) || (await files.status(path)).kind !== "directory") throw error;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof TabnixError && error.code === "exists";
}
