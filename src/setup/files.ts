/** The files of a set-up: fetched while the machine starts, written before its first prompt. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { SETUP_FETCHED_BYTES, SETUP_PARALLEL_FETCHES } from "../../workers/shared/limits.ts";
import type { FileAccess } from "../file-access.ts";
import { type Allowance, readBounded } from "./bounded.ts";
import type { LoadedSetup, SetupFile } from "./setup.ts";

/** A file whose content is there. */
export interface ReadyFile {
  path: string;
  content: Blob;
  mode: number | undefined;
}

/**
 * Fetches what has to be fetched.
 *
 * @throws TabnixError `unreachable`, `full` when it is more than {@link SETUP_FETCHED_BYTES}
 */
export async function fetchFiles({
  setup,
  base,
}: Pick<LoadedSetup, "setup" | "base">): Promise<ReadyFile[]> {
  const ready: ReadyFile[] = [];
  const waiting = [...setup.files.entries()];
  const allowance = { left: SETUP_FETCHED_BYTES };
  const ending = new AbortController();
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, file] = next;
      const { path, mode } = file;
      ready[index] = { path, mode, content: await contentOf(file, base, allowance, ending.signal) };
    }
  };
  try {
    await Promise.all(Array.from({ length: SETUP_PARALLEL_FETCHES }, work));
  } catch (error) {
    ending.abort();
    throw error;
  }
  return ready;
}

/**
 * Writes files, and makes the folders that they need.
 *
 * @param options.replace whether to replace what is there; otherwise it stays as it is
 * @throws TabnixError
 */
export function writeFiles(
  files: FileAccess,
  ready: readonly ReadyFile[],
  { replace }: { replace: boolean },
): Promise<void> {
  const known = new Set(["/"]);
  return files.together(async () => {
    for (const { path, content, mode } of ready) {
      await ensureFolders(files, path, known);
      const replaces = replace ? "anything" : "nothing";
      try {
        await files.write(path, content, { replaces, ...(mode === undefined ? {} : { mode }) });
      } catch (error) {
        if (replace || !isTaken(error)) throw error;
      }
    }
  });
}

async function contentOf(
  { path, content }: SetupFile,
  base: URL,
  allowance: Allowance,
  signal: AbortSignal,
): Promise<Blob> {
  if ("bytes" in content) return new Blob([content.bytes]);
  const url = new URL(content.url, base);
  let response: Response;
  let fetched: Blob | undefined;
  try {
    response = await fetch(url, { signal, referrerPolicy: "no-referrer" });
    fetched = response.body ? await readBounded(response.body, allowance) : new Blob();
  } catch (error) {
    throw new TabnixError(
      "unreachable",
      `${url}, which is to be ${path}, could not be fetched.`,
      "Check the connection. Another site has to let pages of this one read it (CORS).",
      error,
    );
  }
  if (!response.ok) {
    throw new TabnixError(
      "unreachable",
      `${url}, which is to be ${path}, could not be fetched: HTTP ${response.status}.`,
      "The set-up may be out of date: tell its author.",
    );
  }
  if (fetched) return fetched;
  throw new TabnixError(
    "full",
    `The files that the set-up fetches are larger than ${SETUP_FETCHED_BYTES} bytes in all.`,
    "A set-up is for small ones: tell its author.",
  );
}

/** @param known folders that are there */
async function ensureFolders(files: FileAccess, path: string, known: Set<string>): Promise<void> {
  for (let cut = path.indexOf("/", 1); cut > 0; cut = path.indexOf("/", cut + 1)) {
    const folder = path.slice(0, cut);
    if (known.has(folder)) continue;
    try {
      await files.makeDirectory(folder);
    } catch (error) {
      // A link may lead to a folder too; what does not is told of when the file is written.
      if (!isTaken(error)) throw error;
    }
    known.add(folder);
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof TabnixError && error.code === "exists";
}
