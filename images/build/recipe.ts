/** Recipes: what an image is made of. Their format is images/recipe.schema.json. */
import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { NetworkReference } from "../format/manifest.ts";
import { invalid, namesIn, type RecipeDocument, readDocument } from "./recipe-document.ts";
import type { Compile } from "./tools/compile.ts";
import type { RecipeTool } from "./tools/tool.ts";

/** The recipes of the repository. */
export const RECIPES_FOLDER = fileURLToPath(new URL("..", import.meta.url));

/** A file that a recipe puts into the tree. */
export interface RecipeFile {
  /** Absolute and normalised. */
  path: string;
  bytes: Uint8Array;
  /** Permission bits. */
  mode: number;
}

/** A recipe with its defaults and what it takes over from the one it adds to. */
export interface Recipe {
  name: string;
  description: string;
  /** The recipe whose tree this one adds to. */
  from?: Recipe;
  /** Debian's codename. */
  suite: string;
  /** Whether the tree has every package that Debian marks Essential. */
  essential: boolean;
  /** These five are what this recipe adds, without those of {@link from}. */
  packages: readonly string[];
  tools: readonly RecipeTool[];
  files: readonly RecipeFile[];
  symlinks: readonly { path: string; target: string }[];
  run: readonly string[];
  /** With those of {@link from} before them. */
  warm: readonly string[];
  first: readonly string[];
  memoryMegabytes: number;
  environment: Readonly<Record<string, string>>;
  hostname: string;
  /** The relay for visitors who have none; with its token, as one of both is of no use to the other. */
  network?: NetworkReference;
  kernel: "auto" | "stock" | "tuned";
  documentation: boolean;
}

const DEFAULT_HOSTNAME = "tabnix";
const DEFAULT_MODE = "644";

/** The names of the recipes in a folder, sorted. */
export async function recipeNames(folder: string = RECIPES_FOLDER): Promise<string[]> {
  return await namesIn(folder);
}

/**
 * Reads a recipe and those it is made from.
 *
 * @throws TabnixError `not-found`, or `invalid-input` with the place in the file
 */
export async function loadRecipe(name: string, folder: string = RECIPES_FOLDER): Promise<Recipe> {
  return await load(name, folder, []);
}

async function load(name: string, folder: string, below: readonly string[]): Promise<Recipe> {
  if (below.includes(name)) {
    throw invalid(`${name}.json`, `"from" goes round in a circle: ${[...below, name].join(" → ")}`);
  }
  const document = await readDocument(name, folder);
  const from =
    document.from === undefined ? undefined : await load(document.from, folder, [...below, name]);
  return await toRecipe(name, document, from, folder);
}

async function toRecipe(
  name: string,
  document: RecipeDocument,
  from: Recipe | undefined,
  folder: string,
): Promise<Recipe> {
  const file = `${name}.json`;
  const inherited = <T>(field: string, own: T | undefined, theirs: T | undefined): T => {
    const value = own ?? theirs;
    if (value !== undefined) return value;
    throw invalid(file, `needs "${field}", because it has no "from" to take it from`);
  };
  const suite = inherited("suite", document.suite, from?.suite);
  if (from && suite !== from.suite) {
    throw invalid(file, `/suite is ${suite}, but "from" is made from ${from.suite}`);
  }
  const network = document.network ?? from?.network;
  return {
    name,
    description: document.description,
    ...(from ? { from } : {}),
    suite,
    essential: document.essential ?? from?.essential ?? true,
    packages: document.packages ?? [],
    tools: await readTools(document.tools ?? {}, file, folder),
    files: await readFiles(document.files ?? {}, file, folder),
    symlinks: Object.entries(document.symlinks ?? {}).map(([path, target]) => ({ path, target })),
    run: document.run ?? [],
    warm: [...(from?.warm ?? []), ...(document.warm ?? [])],
    first: [...(from?.first ?? []), ...(document.first ?? [])],
    memoryMegabytes: inherited("memory", document.memory, from?.memoryMegabytes),
    environment: { ...from?.environment, ...document.environment },
    hostname: document.hostname ?? from?.hostname ?? DEFAULT_HOSTNAME,
    ...(network ? { network } : {}),
    kernel: document.kernel ?? from?.kernel ?? "auto",
    documentation: document.documentation ?? from?.documentation ?? false,
  };
}

async function readTools(
  tools: NonNullable<RecipeDocument["tools"]>,
  recipe: string,
  folder: string,
): Promise<RecipeTool[]> {
  return await Promise.all(
    Object.entries(tools).map(async ([path, { compile, options = {}, data = {}, ...tool }]) => ({
      path,
      ...tool,
      ...(compile ? { compile: await readCompile(compile, path, recipe, folder) } : {}),
      options,
      data: Object.entries(data).map(([place, source]) => ({ path: place, source })),
    })),
  );
}

/** With the texts of the files that the recipe names. */
async function readCompile(
  { files = {}, ...compile }: Compile,
  path: string,
  recipe: string,
  folder: string,
): Promise<Compile> {
  const place = `/tools/${path}/compile/files`;
  const texts = await Promise.all(
    Object.entries(files).map(async ([name, source]) => {
      const bytes = await readSource(source, `${place}/${name}`, recipe, folder);
      return [name, Buffer.from(bytes).toString("utf8")] as const;
    }),
  );
  return { ...compile, files: Object.fromEntries(texts) };
}

async function readFiles(
  files: NonNullable<RecipeDocument["files"]>,
  recipe: string,
  folder: string,
): Promise<RecipeFile[]> {
  return await Promise.all(
    Object.entries(files).map(async ([path, { content, source, mode = DEFAULT_MODE }]) => ({
      path,
      bytes:
        source === undefined
          ? Buffer.from(Array.isArray(content) ? `${content.join("\n")}\n` : (content ?? ""))
          : await readSource(source, `/files/${path}/source`, recipe, folder),
      mode: Number.parseInt(mode, 8),
    })),
  );
}

async function readSource(
  source: string,
  place: string,
  recipe: string,
  folder: string,
): Promise<Uint8Array> {
  const file = resolve(folder, source);
  if (relative(folder, file).startsWith("..")) {
    throw invalid(recipe, `${place} is outside the recipe's folder: ${source}`);
  }
  try {
    return await readFile(file);
  } catch (error) {
    throw invalid(recipe, `${place} cannot be read: ${source}`, error);
  }
}
