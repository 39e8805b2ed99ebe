/** WebAssembly tools: what a recipe says of one, and the program it becomes. */
import { basename } from "node:path/posix";
import { TabnixError } from "../../../workers/shared/errors.ts";
import { MAX_MODULE_BYTES } from "../../../workers/shared/limits.ts";
import type { Cache } from "../cache.ts";
import { mirrorAddress } from "../debian/mirror.ts";
import { readDebianSource } from "../packages/debian-source.ts";
import { readPackage } from "../packages/npm.ts";
import { registryAddress } from "../packages/registry.ts";
import { type PackageFiles, sha512Of } from "../packages/tarball.ts";
import { decodeZ85Brotli } from "../packages/z85-brotli.ts";
import type { Progress } from "../progress.ts";
import { type Compile, Compiler } from "./compile.ts";
import { withExports } from "./exports.ts";
import { isModule, TOOL_SECTION, withoutDebugging, withSection } from "./section.ts";
import { startedAddress } from "./started.ts";

/** How a tool wants to be run; the runtime reads it from the module. */
export interface ToolOptions {
  /** The program goes to the caller's directory by itself, told by $PWD: it starts in "/". */
  cwd?: "self";
  /** Variables that are set unless the caller has set them. */
  environment?: Record<string, string>;
  /** Folders that are added to variables which list folders. */
  searchPaths?: Record<string, string>;
  /** Absolute paths of folders that are open for it beside the others. */
  folders?: string[];
  /** How the program is told to read standard input, if it does not find out by itself. */
  standardInput?: {
    argument?: string;
    operands?: number;
    instead?: string[];
    valued?: string[];
    without?: string[];
  };
  /** How the program prepares itself: workers/kernel/process/prepare-options.ts has what is meant. */
  prepare?: {
    arguments: string[];
    context: string;
    options: string[];
    environment: string[];
    unless: string;
  };
}

/** A tool as a recipe has it. */
export interface RecipeTool {
  /** Absolute and normalised; its last part is the command's name. */
  path: string;
  /** The package with its exact version: "name@1.2.3" or "@scope/name@1.2.3". */
  package: string;
  /** The path of its tarball on a Debian mirror. Without it the package is npm's. */
  archive?: string;
  /** Of the tarball, "sha512-" and base64. */
  integrity: string;
  /** The program, by its path in the package; this, or how it is compiled. */
  file?: string;
  compile?: Compile;
  /** How the program is packed into that file, if it is. */
  unpack?: "z85-brotli";
  /** Functions that the module names but does not export. */
  exports?: string[];
  /** An SPDX expression. */
  licence: string;
  /** Of the program; the package's, if it is left out. */
  version?: string;
  options: ToolOptions;
  /** Files or folders of the package that go along, with their places in the tree. */
  data: readonly { path: string; source: string }[];
}

/** A tool that is in a tree. Survives JSON. */
export interface InstalledTool {
  /** The command's name. */
  name: string;
  /** Of the program. */
  version: string;
  path: string;
  /** Of the program, uncompressed. */
  bytes: number;
  /** As {@link RecipeTool.package}. */
  package: string;
  /** Whose package it is. */
  origin: "npm" | "debian";
  licence: string;
  /** Of the package's tarball, lower-case hex. */
  sha512: string;
}

/** A tool ready to be written. */
export interface LoadedTool {
  installed: InstalledTool;
  /** The module, with what it is and how it is run in a section of its own. */
  program: Uint8Array;
  /** Files that go along, by absolute path. */
  data: ReadonlyMap<string, Uint8Array>;
}

/** Names of files that a message shows. */
const SHOWN_FILES = 5;

/** A tool whose package is here. */
export interface FetchedTool {
  tool: RecipeTool;
  files: PackageFiles;
}

/** Where packages come from; asked only if something must be fetched. */
export interface PackageOrigins {
  /** The address of the npm registry. */
  registry: () => Promise<string>;
  /** The address of a Debian mirror. */
  mirror: () => string;
}

const ORIGINS: PackageOrigins = { registry: registryAddress, mirror: mirrorAddress };

/**
 * Fetches the packages of tools, or takes them from the cache.
 *
 * @throws TabnixError those of {@link readPackage} and {@link readDebianSource}
 */
export async function fetchTools(
  tools: readonly RecipeTool[],
  cache: Cache,
  progress: Progress,
  { registry, mirror }: PackageOrigins = ORIGINS,
): Promise<FetchedTool[]> {
  const fetched: FetchedTool[] = [];
  for (const tool of tools) {
    const { archive: path, integrity } = tool;
    const files =
      path === undefined
        ? readPackage({ ...splitPackage(tool.package), integrity }, cache, progress, registry)
        : readDebianSource({ path, integrity }, cache, progress, mirror);
    fetched.push({ tool, files: await files });
  }
  return fetched;
}

/**
 * Makes the programs of tools. Those that are compiled take a core for up to a minute each.
 *
 * @throws TabnixError `invalid-input` if a package does not have what the recipe names
 */
export async function makeTools(
  fetched: readonly FetchedTool[],
  cache: Cache,
  progress: Progress,
): Promise<LoadedTool[]> {
  const compiler = new Compiler(cache, progress);
  try {
    const made: LoadedTool[] = [];
    for (const { tool, files } of fetched) {
      const module = tool.compile
        ? await compiler.compile(basename(tool.path), tool.compile, files)
        : readModule(tool, files);
      made.push(toLoaded(tool, module, files));
    }
    return made;
  } finally {
    await compiler.close();
  }
}

/** "@scope/name" and "1.2.3" of "@scope/name@1.2.3". */
export function splitPackage(text: string): { name: string; version: string } {
  const at = text.lastIndexOf("@");
  return { name: text.slice(0, at), version: text.slice(at + 1) };
}

function toLoaded(tool: RecipeTool, module: Uint8Array, files: PackageFiles): LoadedTool {
  const { path, licence } = tool;
  const name = basename(path);
  const { version = splitPackage(tool.package).version } = tool;
  const identity = { name, version, package: tool.package, licence };
  const section = Buffer.from(JSON.stringify({ ...identity, ...sectionOptions(tool, module) }));
  const program = withSection(slim(module, tool), TOOL_SECTION, section);
  const sha512 = sha512Of(tool.integrity);
  const bytes = program.length;
  const origin = tool.archive === undefined ? "npm" : "debian";
  return {
    installed: { name, version, path, bytes, package: tool.package, origin, licence, sha512 },
    program,
    data: readData(tool, files),
  };
}

/** The recipe's options, with what only the module can say. */
function sectionOptions({ path, options }: RecipeTool, module: Uint8Array): object {
  if (!options.prepare) return options;
  const started = startedAddress(module, `The module of ${path}`);
  return { ...options, prepare: { ...options.prepare, started } };
}

function readModule(tool: RecipeTool, files: PackageFiles): Uint8Array {
  const { file = "", unpack, exports } = tool;
  const source = files.get(file);
  if (source === undefined) throw missing(tool, file, files);
  const where = `${file} of ${tool.package}`;
  const module = unpack ? decodeZ85Brotli(source, where, MAX_MODULE_BYTES) : source;
  if (isModule(module)) return exports ? withExports(module, exports, where) : module;
  throw new TabnixError(
    "invalid-input",
    `The tool ${tool.path}: ${where} is not a WebAssembly module${unpack ? " when unpacked" : ""}.`,
    'The recipe\'s "file" must be a core module, not a component; "unpack" is for modules in text.',
  );
}

/** What visitors fetch has nothing in it for debuggers. */
function slim(module: Uint8Array, { path, package: origin }: RecipeTool): Uint8Array {
  try {
    return withoutDebugging(module);
  } catch (error) {
    throw new TabnixError(
      "invalid-input",
      `The tool ${path}: the module of ${origin} is damaged.`,
      "Take another version of the package.",
      error,
    );
  }
}

function readData(tool: RecipeTool, files: PackageFiles): Map<string, Uint8Array> {
  const data = new Map<string, Uint8Array>();
  for (const { path, source } of tool.data) {
    const before = data.size;
    for (const [name, bytes] of files) {
      if (name === source) data.set(path, bytes);
      else if (name.startsWith(`${source}/`)) data.set(path + name.slice(source.length), bytes);
    }
    if (data.size === before) throw missing(tool, source, files);
  }
  return data;
}

function missing(tool: RecipeTool, file: string, files: PackageFiles): TabnixError {
  const names = [...files.keys()].sort();
  const more = names.length - SHOWN_FILES;
  const shown = names.slice(0, SHOWN_FILES).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return new TabnixError(
    "invalid-input",
    `The tool ${tool.path}: ${tool.package} has no ${file}. It has ${shown || "no files"}.`,
    "Paths are those in the package, without the folder that a tarball puts around them.",
  );
}
