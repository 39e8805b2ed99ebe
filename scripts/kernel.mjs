/** `npm run kernel`: builds the tuned guest kernel; image builds then use it by themselves. */
import { runOrFail, typescript } from "./lib/child.mjs";
import { main } from "./lib/main.mjs";
import { prepare } from "./lib/setup.mjs";

await main(async () => {
  await prepare();
  await runOrFail(
    process.execPath,
    typescript("images/build/kernel/cli.ts", process.argv.slice(2)),
  );
});
