/** Sandboxes in this page: a whole computer each, in two workers. See docs/api.md. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { browserHost } from "../local/browser-host.ts";
import { releaseWhenKept } from "../local/kept-page.ts";
import { LocalComputer } from "../local/local-computer.ts";
import type { SandboxOptions } from "./contract.ts";
import { createSandbox as create } from "./create.ts";
import type { SandboxPlace } from "./engine.ts";
import type { Sandbox } from "./sandbox.ts";

export { type ConnectOptions, connectSandbox } from "../embed/connect.ts";
export * from "./everywhere.ts";
export type { SandboxTerminal, TerminalOptions } from "./terminal.ts";

const IMAGES = "images/";

const page: SandboxPlace = {
  imagesUrl(base = IMAGES) {
    const text = String(base);
    if (!URL.canParse(text, document.baseURI)) {
      throw new TabnixError("invalid-input", `base is no address: ${JSON.stringify(text)}.`);
    }
    const url = new URL(text, document.baseURI);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url.href;
  },
  makeEngine(options) {
    const computer = new LocalComputer(options, browserHost);
    if (options.files === "saved") releaseWhenKept(computer);
    return computer;
  },
};

/**
 * Starts a sandbox in this page, in two workers.
 *
 * @throws TabnixError `invalid-input`; `not-found` (no such image), `unreachable`, `corrupt`, `malformed`,
 *   `wrong-version` of the image; `guest-failed`; `busy` when another tab has what is persisted; of a snapshot
 *   `wrong-image`, `incomplete` and as above; the signal's reason
 */
export function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  return create(page, options);
}
