/** `npm run build`: the static site in `dist/`, for any web server and any path. */
import { main } from "./lib/main.mjs";
import { buildImages, DEFAULT_IMAGE, prepare } from "./lib/setup.mjs";
import { buildSite } from "./lib/site.mjs";

await main(async () => {
  await prepare();
  await buildImages([DEFAULT_IMAGE]);
  await buildSite();
});
