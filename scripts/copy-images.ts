/** Copies built images to where a web server finds them. */
import { constants } from "node:fs";
import { copyFile, cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Copies the manifests, and every stored file they need.
 *
 * @param from the image builder's output folder
 * @param to the new folder
 * @returns the names of the images
 */
export async function copyImages(from: string, to: string): Promise<string[]> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => entry.isDirectory() && entry.name !== "store")
    .map((entry) => entry.name)
    .sort();
  if (names.length === 0) return [];
  await cp(join(from, "store"), join(to, "store"), {
    recursive: true,
    // Shares the blocks where the filesystem can, and copies where it cannot.
    mode: constants.COPYFILE_FICLONE,
  });
  for (const name of names) {
    await mkdir(join(to, name), { recursive: true });
    await copyFile(join(from, name, "manifest.json"), join(to, name, "manifest.json"));
  }
  return names;
}
