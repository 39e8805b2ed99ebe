/**
 * A local computer under Node: both services in this thread, WebAssembly programs in others, images from a
 * folder or over HTTP. Files are in memory.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { engineModule } from "../../images/build/guest/engine-module.ts";
import { type Manifest, parseManifest } from "../../images/format/manifest.ts";
import { KernelService } from "../../workers/kernel/service.ts";
import { nowhere } from "../../workers/kernel/transfer/failures.ts";
import type { Machines } from "../../workers/kernel/transfer/machines.ts";
import { MachineService } from "../../workers/machine/service.ts";
import { DirectoryStore } from "../../workers/shared/directory-store.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import { HttpStore } from "../../workers/shared/http-store.ts";
import { loadManifest } from "../../workers/shared/manifest-loader.ts";
import type { ImageStore, StoreLocation } from "../../workers/shared/store.ts";
import type { ComputerHost } from "./computer-host.ts";
import { inProcess } from "./in-process.ts";
import { nodeThreads } from "./node-threads.ts";

/** Nothing outlives the process. */
const machines: Machines = {
  has: async () => false,
  freeBytes: async () => 0,
  begin: async () => {
    throw nowhere();
  },
};

export const nodeHost: ComputerHost = {
  // The package's own module is used.
  engine: { url: "", size: 0 },
  wasmerUrl: undefined,
  sharesMemory: false,
  runsInParallel: false,
  startKernel: () =>
    inProcess(
      (post) =>
        new KernelService({
          post,
          openStore,
          openDisk: async () => undefined,
          machines,
          wasiThreads: nodeThreads,
        }),
    ),
  startMachine: () => inProcess((post) => new MachineService(post, openStore, engineModule)),
  loadManifest: (location, image) => {
    const folder = folderOf(location);
    return folder === undefined ? loadManifest(location, image) : readManifest(folder, image);
  },
};

async function openStore(location: StoreLocation): Promise<ImageStore> {
  const folder = folderOf(location);
  if (folder !== undefined) return new DirectoryStore(folder);
  if (location.type === "site") return new HttpStore({ imagesUrl: location.imagesUrl });
  throw new TabnixError("unsupported", "Imported machines are in browsers only.");
}

/** Undefined for images that are elsewhere. */
function folderOf(location: StoreLocation): string | undefined {
  if (location.type !== "site" || !location.imagesUrl.startsWith("file:")) return undefined;
  return fileURLToPath(location.imagesUrl);
}

async function readManifest(folder: string, image: string): Promise<Manifest> {
  const path = `${folder}${image}/manifest.json`;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TabnixError(
      "not-found",
      `There is no image "${image}": ${path} cannot be read.`,
      `Check the name and the folder, or build the image with \`npm run images ${image}\`.`,
      error,
    );
  }
  return parseManifest(text, path);
}
