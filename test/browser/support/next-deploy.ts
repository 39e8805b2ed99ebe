/** Another version of the built site: every file of its code has another name, and its page another title. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { listAppFiles } from "../../../scripts/app-files.ts";
import { bundleServiceWorker, NOT_OF_THE_APP } from "../../../scripts/vite-service-worker.ts";

const DIST = fileURLToPath(new URL("../../../dist", import.meta.url));
const TEXT: ReadonlySet<string> = new Set([".js", ".css", ".html"]);

/** Writes it to a folder, without images. */
export async function writeNextDeploy(folder: string): Promise<void> {
  const entries = await readdir(DIST, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(DIST, join(parentPath, name)))
    .filter((path) => !path.startsWith("images/"));
  const names = files.filter((path) => path.startsWith("assets/")).map((path) => path.slice(7));
  for (const path of files) {
    const target = join(folder, renamed(path, names));
    await mkdir(dirname(target), { recursive: true });
    const bytes = await readFile(join(DIST, path));
    const text = TEXT.has(extname(path)) ? renamed(bytes.toString(), names) : bytes;
    const isPage = path === "index.html";
    const titled = isPage ? String(text).replace("<title>Tabnix<", "<title>Tabnix, next<") : text;
    await writeFile(target, titled);
  }
  await rm(join(folder, "service-worker.js"));
  const worker = await bundleServiceWorker(await listAppFiles(folder, NOT_OF_THE_APP));
  await writeFile(join(folder, "service-worker.js"), worker);
}

/** A text in which all names of assets are those of the next version. */
function renamed(text: string, names: readonly string[]): string {
  return names.reduce((all, name) => all.replaceAll(name, name.replace(".", "-next.")), text);
}
