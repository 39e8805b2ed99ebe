/** Copies built images to where a web server finds them, and lists them. */
import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CATALOGUE, CATALOGUE_VERSION, type Catalogue } from "../images/format/catalogue.ts";
import { objectsOf } from "../images/format/image-objects.ts";
import {
  type ArtefactReference,
  type Manifest,
  parseManifest,
  storePath,
} from "../images/format/manifest.ts";
import { decodeTreeIndex } from "../images/format/tree-index.ts";
import { DirectoryStore } from "../workers/shared/directory-store.ts";

const MANIFEST = "manifest.json";
/** For people and their tools; the page does not read it. */
const BILL_OF_MATERIALS = "sbom.cdx.json";

interface BuiltImage {
  manifest: Manifest;
  objects: ArtefactReference[];
}

/**
 * Copies the manifests, the bills of materials and the stored files that they name, and writes the catalogue;
 * what older images left in the store stays behind.
 *
 * @param from the image builder's output folder
 * @param to the new folder
 * @returns the names of the images
 * @throws TabnixError `malformed`, `corrupt` or `not-found` when an image is damaged
 */
export async function copyImages(from: string, to: string): Promise<string[]> {
  const images = await builtImages(from);
  if (images.length === 0) return [];
  const paths = new Set<string>();
  for (const { manifest, objects } of images) {
    for (const { sha256 } of objects) paths.add(storePath(sha256));
    for (const file of [BILL_OF_MATERIALS, MANIFEST]) paths.add(`${manifest.name}/${file}`);
  }
  for (const path of paths) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    // Shares the blocks where the filesystem can. Never a link: the cache must not see a change.
    await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
  }
  await writeFile(join(to, CATALOGUE), JSON.stringify(catalogueOf(images)));
  return images.map(({ manifest }) => manifest.name);
}

/**
 * What a folder's catalogue says, for a server of images that are not copied.
 *
 * @throws as {@link copyImages}
 */
export async function catalogue(folder: string): Promise<Catalogue> {
  return catalogueOf(await builtImages(folder));
}

function catalogueOf(images: readonly BuiltImage[]): Catalogue {
  const entries = images.map(({ manifest: { name, description }, objects }) => ({
    name,
    description,
    compressedSize: objects.reduce((sum, { compressedSize }) => sum + compressedSize, 0),
  }));
  return { version: CATALOGUE_VERSION, images: entries };
}

/** The images in a folder, by name: what has a manifest. */
async function builtImages(folder: string): Promise<BuiltImage[]> {
  const images: BuiltImage[] = [];
  for (const name of await imageNames(folder)) {
    const file = `${name}/${MANIFEST}`;
    const manifest = parseManifest(await readFile(join(folder, file), "utf8"), file);
    const tree = decodeTreeIndex(await new DirectoryStore(folder).get(manifest.index));
    images.push({ manifest, objects: objectsOf(manifest, tree) });
  }
  return images;
}

async function imageNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, MANIFEST)))
    .map(({ name }) => name)
    .sort();
}
