/**
 * Builds the tree of a recipe: the tree it is made from, its packages unpacked over it, configured by
 * the guest, exported. Finished trees are cached by what they were made of.
 */
import { createHash } from "node:crypto";
import { exportTree } from "../../workers/kernel/filesystem/export.ts";
import { FileSystem } from "../../workers/kernel/filesystem/filesystem.ts";
import { findPath, readInode, walk } from "../../workers/kernel/filesystem/paths.ts";
import { DirectoryStore } from "../../workers/shared/directory-store.ts";
import type { ArtefactReference } from "../format/manifest.ts";
import { decodeTreeIndex } from "../format/tree-index.ts";
import type { Cache } from "./cache.ts";
import type { DebianPackage } from "./debian/packages.ts";
import { type UnpackedPackage, unpackPackages } from "./debian/unpack.ts";
import type { AgentPrograms, GuestParts } from "./guest/agent.ts";
import { addSystemFiles, configureGuest } from "./guest/configure.ts";
import { FileSystemTree } from "./guest/filesystem-tree.ts";
import { normaliseNode } from "./normalise.ts";
import type { Progress } from "./progress.ts";
import type { Recipe } from "./recipe.ts";
import type { StoreWriter } from "./store-writer.ts";
import { compilerVersion } from "./tools/compile.ts";
import { commonToolFilesHash, installTools, mergeTools } from "./tools/install.ts";
import { fetchTools, type InstalledTool, type LoadedTool, makeTools } from "./tools/tool.ts";

/** Raise it when this code makes another tree from the same inputs. */
const TREE_FORMAT = 8;
/** The folder of finished images, in the cache. */
export const IMAGES_FOLDER = "images";
const ARCHITECTURE = "i386";
/** The first one that is there is the login shell. */
const SHELLS = ["/bin/bash", "/bin/sh"];

/** A finished tree, as it is cached. */
export interface BuiltTree {
  index: ArtefactReference;
  files: number;
  bytes: number;
  shell: string;
  /** Every package in it, those of the tree below included. */
  packages: UnpackedPackage[];
  /** Every WebAssembly tool in it, those of the tree below included. */
  tools: InstalledTool[];
}

/** What building takes, beside a recipe. */
export interface BuildContext extends GuestParts {
  agent: AgentPrograms;
  cache: Cache;
  store: StoreWriter;
  progress: Progress;
}

/**
 * The tree of a recipe, from the cache or built.
 *
 * @throws TabnixError `unsatisfiable`, `guest-failed`, and those of downloads
 */
export async function buildTree(recipe: Recipe, context: BuildContext): Promise<BuiltTree> {
  const { cache } = context;
  const packages = packagesOf(recipe, context);
  const path = `trees/${await keyOf(recipe, context)}.json`;
  const cached = await cache.read(path);
  if (cached) {
    const tree: BuiltTree = JSON.parse(Buffer.from(cached).toString("utf8"));
    if (await isStored(tree, context)) return tree;
  }
  const fetched = await fetchTools(recipe.tools, cache, context.progress);
  // They are compiled on one core while the guest, or the tree below, keeps the other busy.
  const tools = makeTools(fetched, cache, context.progress);
  // What fails is told when they are needed.
  tools.catch(() => {});
  const below = recipe.from ? await buildTree(recipe.from, context) : undefined;
  context.progress.note(`Building the tree of "${recipe.name}"`);
  const tree = await build(recipe, packages, below, tools, context);
  await cache.write(path, JSON.stringify(tree));
  return tree;
}

async function build(
  recipe: Recipe,
  packages: readonly DebianPackage[],
  below: BuiltTree | undefined,
  making: Promise<LoadedTool[]>,
  context: BuildContext,
): Promise<BuiltTree> {
  const { archive, cache, store, progress } = context;
  const latest = Math.floor(archive.release.date.getTime() / 1000);
  const objects = new DirectoryStore(cache.path(IMAGES_FOLDER));
  const fs = new FileSystem({
    ...(below ? { index: decodeTreeIndex(await objects.get(below.index)), store: objects } : {}),
    clock: () => ({ seconds: latest, nanoseconds: 0 }),
  });

  const present = new Set(below?.packages.map(({ name }) => name));
  const added = packages.filter(({ name }) => !present.has(name));
  const files = await archive.download(added);
  const unpacking = progress.stage(`Unpack ${added.length} packages`);
  const unpacked = await unpackPackages(files, new FileSystemTree(fs), {
    architecture: ARCHITECTURE,
    documentation: recipe.documentation,
    installed: packages.filter(({ name }) => present.has(name)),
    mtime: latest,
    advance: unpacking.advance,
  });
  await addSystemFiles(fs, context.agent, latest);
  unpacking.done();

  // What packages brought mostly stays as it is: compress it while the guest keeps the other core busy.
  const stored = storeFiles(fs, store);
  await configureGuest(fs, context, recipe, added.length, progress);
  const made = await making;
  const replaced = [...recipe.files, ...recipe.symlinks].map(({ path }) => path);
  const installed = made.map((tool) => tool.installed);
  const tools = mergeTools(below?.tools ?? [], installed, replaced);
  await installTools(fs, made, tools, latest);
  const exporting = progress.stage("Compress and store files");
  await stored;
  const put = (bytes: Uint8Array) => store.put(bytes);
  const tree = await exportTree(fs, {
    put,
    normalise: (node, path) => normaliseNode(node, path, latest),
  });
  const index = await put(tree.index);
  exporting.done(`${tree.files} files, index ${index.sha256.slice(0, 12)}`);
  return {
    index,
    files: tree.files,
    bytes: tree.bytes,
    shell: SHELLS.find((shell) => findPath(fs, shell)) ?? SHELLS[0]!,
    packages: [...(below?.packages ?? []), ...unpacked],
    tools,
  };
}

async function storeFiles(fs: FileSystem, store: StoreWriter): Promise<void> {
  const files = new Set([...walk(fs)].map(({ inode }) => inode));
  const waiting: Promise<unknown>[] = [];
  for (const inode of files) {
    if (inode.isFile && !inode.base && inode.size > 0) {
      waiting.push(store.put(await readInode(fs, inode)));
    }
  }
  await Promise.all(waiting);
}

/** The packages of a recipe with all they depend on, and those of the recipes below. */
function packagesOf(recipe: Recipe, { archive }: BuildContext): DebianPackage[] {
  const names: string[] = [];
  for (let at: Recipe | undefined = recipe; at; at = at.from) names.unshift(...at.packages);
  return archive.resolve(names, { essential: recipe.essential });
}

/** A hash of everything the tree depends on. */
async function keyOf(recipe: Recipe, context: BuildContext): Promise<string> {
  const hash = createHash("sha256");
  const add = (part: string | Uint8Array) => hash.update(`${part.length}\n`).update(part);
  add(String(TREE_FORMAT));
  if (recipe.from) add(await keyOf(recipe.from, context));
  add(context.archive.release.date.toISOString());
  add(context.agent.init);
  add(context.agent.exec);
  add(context.agent.share);
  for (const { sha256 } of packagesOf(recipe, context)) add(sha256);
  for (const { path, bytes, mode } of recipe.files) {
    add(path);
    add(bytes);
    add(String(mode));
  }
  add(JSON.stringify([recipe.symlinks, recipe.run, recipe.documentation]));
  if (recipe.tools.length > 0) {
    add(JSON.stringify(recipe.tools));
    add(await commonToolFilesHash());
    if (recipe.tools.some((tool) => tool.compile)) add(compilerVersion());
  }
  return hash.digest("hex");
}

/** Whether the store still has the tree: somebody may have removed it from the cache. */
async function isStored(tree: BuiltTree, { cache }: BuildContext): Promise<boolean> {
  try {
    await new DirectoryStore(cache.path(IMAGES_FOLDER)).get(tree.index);
    return true;
  } catch {
    return false;
  }
}
