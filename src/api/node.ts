/** Sandboxes under Node: a whole computer each, in this process. See docs/api.md. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { TabnixError } from "../../workers/shared/errors.ts";
import { LocalComputer } from "../local/local-computer.ts";
import { nodeHost } from "../local/node-host.ts";
import type { SandboxOptions } from "./contract.ts";
import { createSandbox as create } from "./create.ts";
import type { SandboxPlace } from "./engine.ts";
import type { Sandbox } from "./sandbox.ts";

export * from "./everywhere.ts";

const ADDRESS = /^(https?|file):/;

const node: SandboxPlace = {
  imagesUrl(base) {
    if (base === undefined || base === "") {
      throw new TabnixError(
        "invalid-input",
        "base is missing: under Node there is no page to look for images beside.",
        "Give the folder images/ of a built site, or its address.",
      );
    }
    const text = String(base);
    const url = ADDRESS.test(text) ? new URL(text) : pathToFileURL(resolve(text));
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url.href;
  },
  makeEngine(options) {
    if (options.files === "unsaved") return new LocalComputer(options, nodeHost);
    throw new TabnixError(
      "unsupported",
      "Under Node nothing is kept by itself.",
      "Leave persist out, and keep what snapshot() gives.",
    );
  },
};

/**
 * Starts a sandbox in this process. Its files are in memory.
 *
 * @throws TabnixError as `createSandbox` in a page does, and `unsupported` for `persist`
 */
export function createSandbox(options: SandboxOptions & { base: string | URL }): Promise<Sandbox> {
  return create(node, options);
}
