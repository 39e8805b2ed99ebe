/** `npm run relay [-- options]`: runs the relay; `npm run relay -- token …` makes a token for one. */
import { runOrFail, typescript } from "./lib/child.mjs";
import { main } from "./lib/main.mjs";
import { prepare } from "./lib/setup.mjs";

await main(async () => {
  await prepare();
  await runOrFail(process.execPath, typescript("relay/cli.ts", process.argv.slice(2)));
});
