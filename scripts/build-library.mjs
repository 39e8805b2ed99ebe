/**
 * `npm pack` calls it: the API as modules for pages (library/page) and for Node (library/node), with types.
 * Images are not in it: a built site has them.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./lib/child.mjs";
import { ChildFailure, main, step } from "./lib/main.mjs";
import { prepare } from "./lib/setup.mjs";

const FOLDER = join(root, "library");

await main(async () => {
  await prepare();
  step("Building the library");
  rmSync(FOLDER, { recursive: true, force: true });
  const { build } = await import("vite");
  for (const kind of ["library", "library-node"]) {
    await build({ configFile: join(root, `scripts/${kind}.config.ts`), logLevel: "warn" });
  }
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const status = await run(process.execPath, [tsc, "-p", "scripts/library.tsconfig.json"]);
  if (status !== 0) throw new ChildFailure(status);
});
