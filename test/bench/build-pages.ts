/** Builds the site for the benchmark, as `npm run build` does it. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** @param more pages of the benchmark that are built with it; chunks may be cut in another way for them */
export async function buildPages(outDir: string, more: readonly string[] = []): Promise<void> {
  const input = Object.fromEntries(
    more.map((name) => [name, join(ROOT, `test/bench/pages/${name}.html`)]),
  );
  await build({
    root: ROOT,
    logLevel: "error",
    build: { outDir, emptyOutDir: true, rollupOptions: { input } },
  });
}
