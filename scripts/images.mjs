/** `npm run images [name…]`: builds the named images, or all that the repository has recipes for. */
import { runOrFail, typescript } from "./lib/child.mjs";
import { main } from "./lib/main.mjs";
import { prepare } from "./lib/setup.mjs";

await main(async () => {
  await prepare();
  await runOrFail(process.execPath, typescript("images/build/cli.ts", process.argv.slice(2)));
});
