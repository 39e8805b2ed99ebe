/** The keeper worker's entry: joins {@link KeeperService} to the page. */

import { HttpStore } from "../shared/http-store.ts";
import { loadManifest, locationOf } from "../shared/manifest-loader.ts";
import type { ToKeeper } from "./contract.ts";
import { Keeper } from "./keeper.ts";
import { KeptObjects } from "./kept-objects.ts";
import { KeeperService } from "./service.ts";

const service = new KeeperService(
  (message) => self.postMessage(message),
  async (imagesUrl) =>
    new Keeper({
      objects: await KeptObjects.open(globalThis.caches),
      store: new HttpStore({ imagesUrl }),
      loadManifest: (image) => loadManifest(locationOf(imagesUrl, image), image),
    }),
);
self.onmessage = ({ data }: MessageEvent<ToKeeper>) => void service.handle(data);
