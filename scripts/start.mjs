/** `npm start`: everything from a fresh clone to a served page. */
import { root } from "./lib/child.mjs";
import { main } from "./lib/main.mjs";
import { buildImages, DEFAULT_IMAGE, prepare } from "./lib/setup.mjs";
import { serverOptions } from "./lib/site.mjs";

await main(async () => {
  const server = serverOptions(process.argv.slice(2));
  await prepare();
  await buildImages([DEFAULT_IMAGE]);
  const { createServer } = await import("vite");
  const vite = await createServer({ root, server });
  await vite.listen();
  vite.printUrls();
});
