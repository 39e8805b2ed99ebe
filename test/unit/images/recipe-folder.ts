/** A folder of recipes for each test. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { loadRecipe } from "../../../images/build/recipe.ts";
import { toErrorMessage } from "../../../workers/shared/errors.ts";

export let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-recipe-"));
});

afterEach(() => rm(folder, { recursive: true }));

export async function write(name: string, recipe: unknown): Promise<void> {
  await writeFile(join(folder, `${name}.json`), JSON.stringify(recipe));
}

/** Code and message of the error that reading the recipe ends with. */
export async function failure(name: string): Promise<string> {
  const { code, message } = await loadRecipe(name, folder).then(
    () => ({ code: "none", message: "it was read" }),
    (error: unknown) => toErrorMessage(error, "malformed"),
  );
  return `${code}: ${message}`;
}
