/** `npm run build:relay`: the relay as one file, `relay/dist/tabnix-relay.mjs`, which needs Node and nothing else. */
import { join } from "node:path";
import { root } from "./lib/child.mjs";
import { main, step } from "./lib/main.mjs";
import { prepare } from "./lib/setup.mjs";

await main(async () => {
  await prepare();
  step("Building the relay");
  const { build } = await import("vite");
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    // Every dependency goes in but what Node has itself, and the two that `ws` can do without.
    ssr: { noExternal: true, external: ["bufferutil", "utf-8-validate"] },
    build: {
      ssr: join(root, "relay/cli.ts"),
      outDir: join(root, "relay/dist"),
      target: "node20",
      copyPublicDir: false,
      rolldownOptions: { output: { entryFileNames: "tabnix-relay.mjs" } },
    },
  });
  console.log("relay/dist/tabnix-relay.mjs");
});
