/** Starts a sandbox on whatever engine a place has. */

import { TabnixError } from "../../workers/shared/errors.ts";
import { checkOptions } from "./check-options.ts";
import type { FileContent, SandboxOptions } from "./contract.ts";
import type { SandboxEngine, SandboxPlace } from "./engine.ts";
import { untilAborted } from "./lifetime.ts";
import { Sandbox } from "./sandbox.ts";

/**
 * @throws TabnixError `invalid-input`; `not-found` (no such image), `unreachable`, `corrupt`, `malformed`,
 *   `wrong-version` of the image; `guest-failed`; `busy` when another tab has what is persisted; of a snapshot
 *   `wrong-image`, `incomplete` and as above; the signal's reason
 */
export async function createSandbox(
  place: SandboxPlace,
  options: SandboxOptions,
): Promise<Sandbox> {
  const { image, base, hostname, persist, signal, onProgress, onNotice, ...rest } =
    checkOptions(options);
  signal?.throwIfAborted();
  const engine = place.makeEngine({
    image,
    imagesUrl: place.imagesUrl(base),
    files: persist ? "saved" : "unsaved",
    ...(hostname === undefined ? {} : { hostname }),
  });
  if (onProgress) engine.on("progress", onProgress);
  if (onNotice) engine.on("notice", onNotice);
  const { snapshot, env = {}, files = {}, network = {} } = rest;
  if (network.relay) engine.useRelay(network.relay);
  if (network.lan !== undefined) engine.joinNetwork(network.lan);
  try {
    const begun = begin(engine, snapshot).then(async () => {
      const sandbox = new Sandbox(engine, env);
      for (const [path, content] of Object.entries(files)) await writeFile(sandbox, path, content);
      return sandbox;
    });
    return await (signal ? untilAborted(begun, signal) : begun);
  } catch (error) {
    engine.destroy();
    throw error;
  }
}

/** Starts the machine, on a snapshot's files if there is one. */
async function begin(engine: SandboxEngine, snapshot: Blob | undefined): Promise<void> {
  await engine.boot();
  if (!snapshot) return;
  if ((await engine.inspectChanges(snapshot)).machine) {
    throw new TabnixError(
      "invalid-input",
      "The snapshot has an image in it: it is a whole machine, exported with its image.",
      "Import it in the page, and use the image that comes of it; or take one with snapshot().",
    );
  }
  await engine.importChanges(snapshot);
  await running(engine);
}

/** Settles when a machine that starts again has done so. @throws TabnixError `guest-failed` */
function running(engine: SandboxEngine): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (engine.state === "running") resolve();
      else if (engine.state !== "booting") {
        reject(
          new TabnixError("guest-failed", "The machine did not start on the snapshot's files."),
        );
      }
    };
    engine.on("state", look);
    look();
  });
}

async function writeFile(sandbox: Sandbox, path: string, content: FileContent): Promise<void> {
  await sandbox.fs.mkdir(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true });
  await sandbox.fs.write(path, content);
}
