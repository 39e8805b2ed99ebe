/**
 * What a module asks of the machine, in a custom section: JSON as an image's recipe gives it for its
 * tools (images/recipe.schema.json, "tools"). Any module may have one; it gets nothing by it that its
 * caller could not have given it.
 */
import { MAX_TOOL_FOLDERS, MAX_TOOL_OPTIONS_BYTES } from "../../shared/limits.ts";
import { type PrepareOptions, prepareOptions } from "./prepare-options.ts";
import type { StandardInput } from "./standard-input.ts";

export interface ToolOptions {
  /**
   * "self": the program goes to its working directory, `PWD`, by itself, and so may see the root as the
   * root. A C library for WASI starts every program in "/".
   */
  cwd?: "self";
  /** Absolute paths that are open beside the others: a program's own files may lie above them. */
  folders: readonly string[];
  /** Variables that it gets unless the caller has set them. */
  environment: ReadonlyMap<string, string>;
  /** Folders that are appended, after a colon, to what the caller has set. */
  searchPaths: ReadonlyMap<string, string>;
  /** How it is told to read standard input, if it does not find out by itself. */
  standardInput?: StandardInput;
  /** How it can be prepared, if it can. */
  prepare?: PrepareOptions;
}

const SECTION = "tabnix";
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** A letter with a hyphen, or a name with two. */
const OPTION = /^-([^-=]|-[^=]+)$/;

/** @throws Error when the section is none that this version reads */
export function toolOptions(module: WebAssembly.Module): ToolOptions {
  const [section] = WebAssembly.Module.customSections(module, SECTION);
  if (!section) return { folders: [], environment: new Map(), searchPaths: new Map() };
  const options = parse(section);
  const cwd = field(options, "cwd");
  if (cwd !== undefined && cwd !== "self") fail();
  const input = field(options, "standardInput");
  const prepare = field(options, "prepare");
  return {
    ...(cwd === "self" ? { cwd } : {}),
    folders: paths(field(options, "folders")),
    environment: variables(field(options, "environment")),
    searchPaths: variables(field(options, "searchPaths")),
    ...(input === undefined ? {} : { standardInput: standardInput(input) }),
    ...(prepare === undefined ? {} : { prepare: prepareOptions(prepare) ?? fail() }),
  };
}

/**
 * The environment a module gets.
 *
 * @param given the caller's, as "NAME=value"
 * @param directory where the program starts: its `PWD`
 */
export function withOptions(
  given: readonly string[],
  directory: string,
  { environment, searchPaths }: ToolOptions,
): string[] {
  const all = new Map(given.map((entry) => splitEntry(entry)));
  for (const [name, value] of environment) if (!all.has(name)) all.set(name, value);
  for (const [name, folder] of searchPaths) {
    const before = all.get(name);
    all.set(name, before ? `${before}:${folder}` : folder);
  }
  all.set("PWD", directory);
  return [...all].map(([name, value]) => `${name}=${value}`);
}

function splitEntry(entry: string): [string, string] {
  const cut = entry.indexOf("=", 1);
  return cut < 0 ? [entry, ""] : [entry.slice(0, cut), entry.slice(cut + 1)];
}

function parse(section: ArrayBuffer): object {
  if (section.byteLength > MAX_TOOL_OPTIONS_BYTES) fail();
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(section));
    return isObject(value) ? value : fail();
  } catch {
    return fail();
  }
}

function paths(value: unknown): string[] {
  if (value === undefined) return [];
  const list: unknown[] = Array.isArray(value) ? value : fail();
  if (list.length > MAX_TOOL_FOLDERS) fail();
  return list.map((path) =>
    typeof path === "string" && path.startsWith("/") && !path.includes("\0") ? path : fail(),
  );
}

function variables(value: unknown): Map<string, string> {
  if (value === undefined) return new Map();
  const entries = isObject(value) ? Object.entries(value) : fail();
  return new Map(
    entries.map(([name, text]) =>
      NAME.test(name) && typeof text === "string" && !text.includes("\0") ? [name, text] : fail(),
    ),
  );
}

function standardInput(value: unknown): StandardInput {
  const given = isObject(value) ? value : fail();
  const argument = field(given, "argument") ?? "-";
  const operands = field(given, "operands") ?? 0;
  if (typeof argument !== "string" || argument.includes("\0")) fail();
  if (typeof operands !== "number" || !Number.isSafeInteger(operands) || operands < 0) fail();
  const set = (name: string) => options(field(given, name));
  return {
    argument,
    operands,
    instead: set("instead"),
    valued: set("valued"),
    without: set("without"),
  };
}

function options(value: unknown = []): Set<string> {
  const list: unknown[] = Array.isArray(value) ? value : fail();
  return new Set(
    list.map((option) => (typeof option === "string" && OPTION.test(option) ? option : fail())),
  );
}

function field(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(): never {
  throw new Error(`its section "${SECTION}" is not one that this machine can read`);
}
