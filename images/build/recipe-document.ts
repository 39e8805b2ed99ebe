/** The documents that recipes are written in: read, and checked against images/recipe.schema.json. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv, type ErrorObject } from "ajv";
import { TabnixError } from "../../workers/shared/errors.ts";
import { isRelayAddress } from "../../workers/shared/relay-address.ts";
import type { NetworkReference } from "../format/manifest.ts";
import schema from "../recipe.schema.json" with { type: "json" };
import { isErrno } from "./cache.ts";
import type { Compile } from "./tools/compile.ts";
import type { RecipeTool, ToolOptions } from "./tools/tool.ts";

/** A recipe as it is written. The schema says what its fields mean. */
export interface RecipeDocument {
  description: string;
  from?: string;
  suite?: string;
  essential?: boolean;
  packages?: string[];
  tools?: Record<string, ToolDocument>;
  files?: Record<string, { content?: string | string[]; source?: string; mode?: string }>;
  symlinks?: Record<string, string>;
  run?: string[];
  warm?: string[];
  first?: string[];
  memory?: number;
  environment?: Record<string, string>;
  hostname?: string;
  network?: NetworkReference;
  kernel?: "auto" | "stock" | "tuned";
  documentation?: boolean;
}

/** A tool as it is written. */
export interface ToolDocument extends Omit<RecipeTool, "path" | "compile" | "options" | "data"> {
  /** Here the values of `files` are paths, relative to the recipe's folder. */
  compile?: Compile;
  options?: ToolOptions;
  data?: Record<string, string>;
}

/** The names of the recipes in a folder, sorted. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder))
    .filter((file) => file.endsWith(".json") && !file.endsWith(".schema.json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

// Verbose: errors say which part of the schema they come from.
const validate = new Ajv({ allErrors: false, verbose: true }).compile<RecipeDocument>(schema);

/**
 * Reads the document of a recipe.
 *
 * @throws TabnixError `not-found`, or `invalid-input` with the place in the file
 */
export async function readDocument(name: string, folder: string): Promise<RecipeDocument> {
  const file = `${name}.json`;
  let document: unknown;
  try {
    document = JSON.parse(await readFile(join(folder, file), "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(file, `is not JSON: ${error.message}`, error);
    if (!isErrno(error, "ENOENT")) throw error;
    const names = (await namesIn(folder)).join(", ");
    const hint = names === "" ? `There are none in ${folder}.` : `There are ${names}.`;
    throw new TabnixError("not-found", `There is no recipe "${name}".`, hint);
  }
  if (!validate(document)) throw invalid(file, explain(validate.errors ?? []));
  // What the pattern lets through, such as a port of six digits.
  if (document.network && !isRelayAddress(document.network.relay)) {
    throw invalid(file, `/network/relay is no address: ${document.network.relay}`);
  }
  const twice = repeatedPath(document);
  if (twice !== undefined) throw invalid(file, `has more than one thing at ${twice}`);
  return document;
}

/** A path of the guest at which the document puts two things. */
function repeatedPath({ tools = {}, files = {}, symlinks = {} }: RecipeDocument) {
  const data = Object.values(tools).map((tool) => tool.data ?? {});
  const paths = [tools, files, symlinks, ...data].flatMap((part) => Object.keys(part));
  return paths.find((path, at) => paths.indexOf(path) !== at);
}

/** Ajv's first complaint with its place, and the word that is at fault. */
function explain([error]: readonly ErrorObject[]): string {
  if (error === undefined) return "is not a recipe";
  const { additionalProperty, allowedValues } = error.params;
  // A JSON pointer has "~1" for the slashes in a key (RFC 6901).
  const place = error.instancePath.replaceAll("~1", "/").replaceAll("~0", "~") || "/";
  const detail =
    additionalProperty !== undefined
      ? `: "${additionalProperty}"`
      : allowedValues !== undefined
        ? `: ${allowedValues.join(", ")}`
        : error.keyword === "pattern" && error.parentSchema?.["description"] !== undefined
          ? ` (${String(error.parentSchema["description"]).replace(/\.$/, "")})`
          : "";
  return `${place} ${error.message}${detail}`;
}

/** The error of a recipe that is wrong: `file` is its name, `what` goes on from there. */
export function invalid(file: string, what: string, cause?: unknown): TabnixError {
  return new TabnixError(
    "invalid-input",
    `The recipe ${file}: ${what}.`,
    "The format is described in images/recipe.schema.json.",
    cause,
  );
}
