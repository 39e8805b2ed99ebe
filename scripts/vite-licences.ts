/**
 * Vite plugin: the licences of all packages that a build has parts of, as one file of it. Theirs ask for that.
 * A package under a licence that may not be in what we ship fails the build.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Plugin } from "vite";

const FILE = "licences.txt";
const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MPL-2.0",
]);
const PACKAGE = new RegExp(`^.*\\${sep}node_modules\\${sep}(?:@[^\\${sep}]+\\${sep})?[^\\${sep}]+`);
const TEXT = /^(licen[cs]e|copying)/i;

/**
 * @returns for the build itself a plugin that writes the file, and for its workers, which are builds of their
 *   own and come first, one that tells it of what they have
 */
export function licences(): { ofBuild(): Plugin; ofWorkers(): Plugin } {
  const folders = new Set<string>();
  const note = (ids: Iterable<string>) => {
    for (const id of ids) {
      const folder = PACKAGE.exec(id.replace(/^\0/, ""))?.[0];
      if (folder) folders.add(folder);
    }
  };
  return {
    ofWorkers: () => ({
      name: "tabnix-licences-of-workers",
      generateBundle: (_, bundle) => note(modulesOf(bundle)),
    }),
    ofBuild: () => ({
      name: "tabnix-licences",
      async generateBundle(_, bundle) {
        note(modulesOf(bundle));
        const texts = await Promise.all([...folders].sort().map(licenceOf));
        this.emitFile({
          type: "asset",
          fileName: FILE,
          source: texts.join(`\n${"-".repeat(72)}\n\n`),
        });
      },
    }),
  };
}

type Bundle = Readonly<Record<string, { type: string; moduleIds?: string[] }>>;

function modulesOf(bundle: Bundle): string[] {
  return Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds);
}

/** @throws Error when it may not be shipped, or does not say how */
async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, "package.json"), "utf8"),
  ) as { name: string; version: string; license?: string };
  if (!license?.split(" AND ").every((one) => ALLOWED.has(one))) {
    throw new Error(
      `${name} is under ${license ?? "no licence"}: it may not be in what is shipped`,
    );
  }
  const file = (await readdir(folder)).find((entry) => TEXT.test(entry));
  const text = file ? await readFile(join(folder, file), "utf8") : "";
  return `${name} ${version} (${license})\n\n${text}`;
}
