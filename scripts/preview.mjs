/** `npm run preview`: serves `dist/`, building it first when there is none. */
import { root } from "./lib/child.mjs";
import { main } from "./lib/main.mjs";
import { buildImages, DEFAULT_IMAGE, prepare } from "./lib/setup.mjs";
import { buildSite, isBuilt, serverOptions } from "./lib/site.mjs";

await main(async () => {
  const options = serverOptions(process.argv.slice(2));
  await prepare();
  if (!isBuilt()) {
    await buildImages([DEFAULT_IMAGE]);
    await buildSite();
  }
  const { preview } = await import("vite");
  const vite = await preview({ root, preview: options });
  vite.printUrls();
});
