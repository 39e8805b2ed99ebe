/** Builds an image: its tree, its snapshot, its bill of materials, and last the manifest that names them. */
import { createHash } from "node:crypto";
import { ENGINE } from "../../workers/machine/engine-version.ts";
import { SNAPSHOT_LAYOUT } from "../../workers/machine/snapshot.ts";
import { DirectoryStore } from "../../workers/shared/directory-store.ts";
import {
  type ArtefactReference,
  MANIFEST_VERSION,
  type Manifest,
  type SnapshotReference,
} from "../format/manifest.ts";
import { decodeTreeIndex } from "../format/tree-index.ts";
import type { Cache } from "./cache.ts";
import { DebianArchive } from "./debian/archive.ts";
import { buildAgent } from "./guest/agent.ts";
import { firstReads, takeSnapshot } from "./guest/snapshot.ts";
import { fetchBios } from "./kernel/bios.ts";
import { findKernel } from "./kernel/find.ts";
import { checkMemory } from "./kernel/memory.ts";
import type { Progress } from "./progress.ts";
import type { Recipe } from "./recipe.ts";
import { type OtherComponent, writeBill } from "./sbom.ts";
import { BEST_LEVEL, StoreWriter } from "./store-writer.ts";
import { toolComponent } from "./tools/component.ts";
import { type BuildContext, type BuiltTree, buildTree, IMAGES_FOLDER } from "./tree.ts";

const ARCHITECTURE = "i386";
/** Raise it when the same tree gives another snapshot. */
const SNAPSHOT_FORMAT = 3;

/**
 * Builds what is not in the cache and writes the manifest.
 *
 * @param refresh ask the mirror for a newer Debian release even if it was asked within a day
 * @throws TabnixError with one clear message; the manifest is then as it was
 */
export async function buildImage(
  recipe: Recipe,
  cache: Cache,
  progress: Progress,
  refresh = false,
): Promise<Manifest> {
  const { suite } = recipe;
  const archive = await DebianArchive.open(
    { suite, architecture: ARCHITECTURE, refresh },
    cache,
    progress,
  );
  const kernel = await findKernel(recipe.kernel, cache, progress, refresh);
  checkMemory(recipe.name, recipe.memoryMegabytes, kernel);
  const bios = await fetchBios(archive);
  const parts = { archive, kernel, bios: bios.bytes };
  const agent = await buildAgent(parts, cache, progress);
  const store = new StoreWriter(cache, IMAGES_FOLDER);
  try {
    const context = { ...parts, agent, cache, store, progress };
    const tree = await buildTree(recipe, context);
    const start = await buildStart(recipe, tree, context);
    const others = [
      engineComponent(),
      ...[...kernel.packages, bios.package].map(packageComponent),
      ...tree.tools.map(toolComponent),
    ];
    const bill = writeBill({
      image: recipe.name,
      description: recipe.description,
      suite,
      release: archive.release.version,
      date: archive.release.date,
      packages: tree.packages,
      others,
    });
    const { bzImage, initrd, release, flavour, commandLine } = kernel;
    const manifest: Manifest = {
      version: MANIFEST_VERSION,
      name: recipe.name,
      description: recipe.description,
      suite,
      release: archive.release.version,
      date: archive.release.date.toISOString(),
      memoryMegabytes: recipe.memoryMegabytes,
      shell: tree.shell,
      environment: { ...recipe.environment },
      ...(recipe.network ? { network: recipe.network } : {}),
      index: tree.index,
      files: tree.files,
      bytes: tree.bytes,
      bios: await store.put(bios.bytes),
      kernel: {
        release,
        flavour,
        bzImage: await store.put(bzImage),
        ...(initrd ? { initrd: await store.put(initrd) } : {}),
        commandLine,
      },
      ...start,
      sbom: await store.put(Buffer.from(bill)),
    };
    const folder = `${IMAGES_FOLDER}/${recipe.name}`;
    await cache.write(`${folder}/sbom.cdx.json`, bill);
    await cache.write(`${folder}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  } finally {
    await store.close();
  }
}

/** What a visitor starts from. */
interface Start {
  snapshot: SnapshotReference;
  prefetch: ArtefactReference[];
}

/** The start of a tree, from the cache or made now. */
async function buildStart(recipe: Recipe, tree: BuiltTree, context: BuildContext): Promise<Start> {
  const { cache, store, progress, kernel } = context;
  const path = `snapshots/${snapshotKey(recipe, tree, context)}.json`;
  const cached = await cache.read(path);
  const objects = new DirectoryStore(cache.path(IMAGES_FOLDER));
  if (cached) {
    const start: Start = JSON.parse(Buffer.from(cached).toString("utf8"));
    const { machine, filesystem } = start.snapshot;
    const whole = await Promise.all([machine, filesystem].map((object) => objects.get(object)))
      .then(() => true)
      .catch(() => false);
    if (whole) return start;
  }
  progress.note(`Starting "${recipe.name}" with Linux ${kernel.release}`);
  const index = decodeTreeIndex(await objects.get(tree.index));
  const files = await takeSnapshot(index, objects, context, recipe, tree.shell, progress);
  const prefetch = await firstReads(index, objects, recipe, files, progress);
  const stage = progress.stage("Compress the snapshot");
  const [machine, filesystem] = await Promise.all([
    store.put(files.machine, BEST_LEVEL),
    store.put(files.filesystem, BEST_LEVEL),
  ]);
  stage.done(
    `${(machine.compressedSize / 1e6).toFixed(2)} MB of ${(machine.size / 1e6).toFixed(1)}`,
  );
  const snapshot = { engine: ENGINE, layout: SNAPSHOT_LAYOUT, machine, filesystem };
  const start: Start = { snapshot, prefetch };
  await cache.write(path, JSON.stringify(start));
  return start;
}

function snapshotKey(recipe: Recipe, tree: BuiltTree, { kernel, bios }: BuildContext): string {
  const { warm, first, memoryMegabytes, environment, hostname } = recipe;
  const { bzImage, initrd, commandLine } = kernel;
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify([SNAPSHOT_FORMAT, ENGINE, SNAPSHOT_LAYOUT, tree.index.sha256, tree.shell]),
  );
  hash.update(JSON.stringify([warm, first, memoryMegabytes, environment, hostname, commandLine]));
  for (const part of [bios, bzImage, initrd ?? new Uint8Array(0)]) {
    hash.update(createHash("sha256").update(part).digest());
  }
  return hash.digest("hex");
}

function engineComponent(): OtherComponent {
  const [name = "", version = ""] = ENGINE.split("@");
  const purl = `pkg:npm/${name}@${version}`;
  return { type: "application", name, version, licence: "BSD-2-Clause", purl };
}

function packageComponent({
  name,
  version,
  architecture,
  sha256,
}: BuildContext["kernel"]["packages"][number]): OtherComponent {
  const bios = name === "seabios";
  return {
    type: bios ? "firmware" : "operating-system",
    name,
    version,
    licence: bios ? "LGPL-3.0-only" : "GPL-2.0-only",
    purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`,
    hash: { algorithm: "SHA-256", hex: sha256 },
  };
}
