/** Recipes: what an image is made of. Their format is images/recipe.schema.json. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ErrorObject } from "ajv";
import { TabnixError } from "../../workers/shared/errors.ts";
import schema from "../recipe.schema.json" with { type: "json" };
import { isErrno } from "./cache.ts";

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
  /** These four are what this recipe adds, without those of {@link from}. */
  packages: readonly string[];
  files: readonly RecipeFile[];
  symlinks: readonly { path: string; target: string }[];
  run: readonly string[];
  /** With those of {@link from} before them. */
  warm: readonly string[];
  first: readonly string[];
  memoryMegabytes: number;
  environment: Readonly<Record<string, string>>;
  hostname: string;
  kernel: "auto" | "stock" | "tuned";
  documentation: boolean;
}

/** The document. */
interface RecipeDocument {
  description: string;
  from?: string;
  suite?: string;
  essential?: boolean;
  packages?: string[];
  files?: Record<string, { content?: string | string[]; source?: string; mode?: string }>;
  symlinks?: Record<string, string>;
  run?: string[];
  warm?: string[];
  first?: string[];
  memory?: number;
  environment?: Record<string, string>;
  hostname?: string;
  kernel?: Recipe["kernel"];
  documentation?: boolean;
}

const DEFAULT_HOSTNAME = "tabnix";
const DEFAULT_MODE = "644";

/** The names of the recipes in a folder, sorted. */
export async function recipeNames(folder: string = RECIPES_FOLDER): Promise<string[]> {
  return (await readdir(folder))
    .filter((file) => file.endsWith(".json") && !file.endsWith(".schema.json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
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

const validate = new Ajv({ allErrors: false }).compile<RecipeDocument>(schema);

async function readDocument(name: string, folder: string): Promise<RecipeDocument> {
  const file = `${name}.json`;
  let document: unknown;
  try {
    document = JSON.parse(await readFile(join(folder, file), "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(file, `is not JSON: ${error.message}`, error);
    if (!isErrno(error, "ENOENT")) throw error;
    const names = (await recipeNames(folder)).join(", ");
    const hint = names === "" ? `There are none in ${folder}.` : `There are ${names}.`;
    throw new TabnixError("not-found", `There is no recipe "${name}".`, hint);
  }
  if (!validate(document)) throw invalid(file, explain(validate.errors ?? []));
  return document;
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
  return {
    name,
    description: document.description,
    ...(from ? { from } : {}),
    suite,
    essential: document.essential ?? from?.essential ?? true,
    packages: document.packages ?? [],
    files: await readFiles(document.files ?? {}, file, folder),
    symlinks: Object.entries(document.symlinks ?? {}).map(([path, target]) => ({ path, target })),
    run: document.run ?? [],
    warm: [...(from?.warm ?? []), ...(document.warm ?? [])],
    first: [...(from?.first ?? []), ...(document.first ?? [])],
    memoryMegabytes: inherited("memory", document.memory, from?.memoryMegabytes),
    environment: { ...from?.environment, ...document.environment },
    hostname: document.hostname ?? from?.hostname ?? DEFAULT_HOSTNAME,
    kernel: document.kernel ?? from?.kernel ?? "auto",
    documentation: document.documentation ?? from?.documentation ?? false,
  };
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
          : await readSource(source, path, recipe, folder),
      mode: Number.parseInt(mode, 8),
    })),
  );
}

async function readSource(
  source: string,
  path: string,
  recipe: string,
  folder: string,
): Promise<Uint8Array> {
  const file = resolve(folder, source);
  if (relative(folder, file).startsWith("..")) {
    throw invalid(recipe, `/files/${path}/source is outside the recipe's folder: ${source}`);
  }
  try {
    return await readFile(file);
  } catch (error) {
    throw invalid(recipe, `/files/${path}/source cannot be read: ${source}`, error);
  }
}

/** Ajv's first complaint with its place, and the word that is at fault. */
function explain([error]: readonly ErrorObject[]): string {
  if (error === undefined) return "is not a recipe";
  const { additionalProperty, allowedValues } = error.params;
  const place = error.instancePath || "/";
  const detail =
    additionalProperty !== undefined
      ? `: "${additionalProperty}"`
      : allowedValues !== undefined
        ? `: ${allowedValues.join(", ")}`
        : "";
  return `${place} ${error.message}${detail}`;
}

function invalid(file: string, what: string, cause?: unknown): TabnixError {
  return new TabnixError(
    "invalid-input",
    `The recipe ${file}: ${what}.`,
    "The format is described in images/recipe.schema.json.",
    cause,
  );
}
