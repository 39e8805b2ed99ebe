/** `npm run images [--refresh] [name…]`: builds images; all recipes when none is named. */
import { parseArgs } from "node:util";
import { TabnixError } from "../../workers/shared/errors.ts";
import { Cache } from "./cache.ts";
import { buildImage } from "./image.ts";
import { reportTo } from "./progress.ts";
import { loadRecipe, type Recipe, recipeNames } from "./recipe.ts";

const USAGE = "Usage: npm run images -- [--refresh] [name…]";

async function main(): Promise<void> {
  const { values, positionals } = parseArguments();
  const progress = reportTo(process.stderr);
  const names = positionals.length > 0 ? positionals : await recipeNames();
  // Every recipe is read before the first is built: a typing error should not cost minutes.
  const recipes = await Promise.all(names.map((name) => loadRecipe(name)));
  // Those made from others come first: their tools are compiled while the trees below are built.
  recipes.sort((a, b) => depth(b) - depth(a));
  const cache = await Cache.open();
  await cache.exclusively(
    "images",
    async () => {
      for (const recipe of recipes) {
        const manifest = await buildImage(recipe, cache, progress, values.refresh);
        const { files, bytes, kernel, index } = manifest;
        progress.note(
          `Image "${recipe.name}": ${files} files, ${(bytes / 1e6).toFixed(0)} MB, ` +
            `Linux ${kernel.release}, index ${index.sha256.slice(0, 12)}`,
        );
      }
    },
    (owner) => progress.note(`Waiting for another build (process ${owner}).`),
  );
}

/** How many recipes it is made from. */
function depth({ from }: Recipe): number {
  return from ? 1 + depth(from) : 0;
}

function parseArguments() {
  try {
    const options = { refresh: { type: "boolean", default: false } } as const;
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new TabnixError("invalid-input", (error as Error).message, USAGE, error);
  }
}

// A promise that never settles would end Node as if all were well.
process.exitCode = 1;
main().then(
  () => {
    process.exitCode = 0;
  },
  (error: unknown) => {
    if (error instanceof TabnixError) {
      process.stderr.write(`\n${error.message}\n${error.hint}\n`);
    } else {
      process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
    }
    process.exit(1);
  },
);
