/** Copies built images to where a web server finds them. */
import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { objectsOf } from "../images/format/image-objects.ts";
import { parseManifest, storePath } from "../images/format/manifest.ts";
import { decodeTreeIndex } from "../images/format/tree-index.ts";
import { DirectoryStore } from "../workers/shared/directory-store.ts";

const MANIFEST = "manifest.json";
/** For people and their tools; the page does not read it. */
const BILL_OF_MATERIALS = "sbom.cdx.json";

/**
 * Copies the manifests, the bills of materials and the stored files that they name; what older images left in the store stays
 * behind.
 *
 * @param from the image builder's output folder
 * @param to the new folder
 * @returns the names of the images
 * @throws TabnixError `malformed`, `corrupt` or `not-found` when an image is damaged
 */
export async function copyImages(from: string, to: string): Promise<string[]> {
  const names = await imageNames(from);
  const paths = new Set<string>();
  for (const name of names) {
    const file = `${name}/${MANIFEST}`;
    const manifest = parseManifest(await readFile(join(from, file), "utf8"), file);
    const tree = decodeTreeIndex(await new DirectoryStore(from).get(manifest.index));
    for (const { sha256 } of objectsOf(manifest, tree)) paths.add(storePath(sha256));
    paths.add(`${name}/${BILL_OF_MATERIALS}`).add(file);
  }
  for (const path of paths) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    // Shares the blocks where the filesystem can. Never a link: the cache must not see a change.
    await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
  }
  return names;
}

/** The images in a folder: what has a manifest. */
async function imageNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, MANIFEST)))
    .map(({ name }) => name)
    .sort();
}
