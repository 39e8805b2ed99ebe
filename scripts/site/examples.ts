/** Reads the ready examples of the site: every tabnix.json in a folder. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Need, needsOf } from "../../src/setup/needs.ts";
import { parseSetup } from "../../src/setup/parse.ts";
import type { Setup } from "../../src/setup/setup.ts";

const DOCUMENT = /\.json$/;
/** Any: what an example has to ask about does not depend on where the site is. */
const SOME_SITE = new URL("https://site.example/examples/");

export interface Example {
  /** Name of its file. */
  file: string;
  setup: Setup;
  /** What a visitor is asked about before it runs. */
  needs: readonly Need[];
}

/**
 * All examples, by the names of their files.
 *
 * @param previewsShareStorage as for {@link needsOf}
 * @throws Error when one is wrong: it names the file
 */
export async function readExamples(
  folder: string,
  { previewsShareStorage }: { previewsShareStorage: boolean },
): Promise<Example[]> {
  const files = (await readdir(folder)).filter((name) => DOCUMENT.test(name)).sort();
  return Promise.all(
    files.map(async (file) => {
      const setup = read(file, await readFile(join(folder, file), "utf8"));
      return { file, setup, needs: needsOf({ setup, base: SOME_SITE }, { previewsShareStorage }) };
    }),
  );
}

function read(file: string, text: string): Setup {
  try {
    return parseSetup(text);
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
