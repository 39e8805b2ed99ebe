import { TabnixError } from "../../workers/shared/errors.ts";
import type { ComputerOptions } from "../computer.ts";
import type { FileAccess } from "../file-access.ts";
import { fetchFiles, type ReadyFile, writeFiles } from "../setup/files.ts";
import type { LoadedSetup } from "../setup/setup.ts";
import { confirmed } from "./confirm-dialog.ts";
import type { NetworkChoice } from "./network-presence.ts";

/** The set-up that a page was opened with: what each machine of the page gets of it. */
export class SetupOnPage {
  readonly loaded: LoadedSetup;
  #files: Promise<ReadyFile[]> | undefined;

  constructor(loaded: LoadedSetup) {
    this.loaded = loaded;
  }

  /** What it says about its computer. */
  get computer(): Partial<ComputerOptions> & Pick<ComputerOptions, "image"> {
    const { image, environment, persist, network } = this.loaded.setup;
    return {
      image,
      environment,
      files: persist ? "saved" : "unsaved",
      withoutImageRelay: network !== "visitor",
    };
  }

  /** What is used in place of the visitor's settings; undefined when those hold. */
  get network(): NetworkChoice | undefined {
    const { network } = this.loaded.setup;
    if (network === "visitor") return undefined;
    return network === "none" ? {} : network;
  }

  /** Asks about previews; undefined where the visitor has agreed to them before the start. */
  get askForPreview(): (() => Promise<boolean>) | undefined {
    if (this.loaded.setup.ports.length > 0) return undefined;
    return () =>
      confirmed({
        title: "Show a page of this set-up?",
        text: "Its programs came with a link. A page that they serve shares this site's storage in your browser, where the files of your other machines are. Show it only if you trust who made the set-up.",
        action: "Show it",
      });
  }

  /** Begins to fetch files, beside the start of a machine. */
  fetch(): void {
    this.#files ??= fetchFiles(this.loaded);
    // Told of when they are needed; the next start tries again.
    this.#files.catch(() => {
      this.#files = undefined;
    });
  }

  /** Writes its files into a machine that has no terminal yet. @throws TabnixError */
  async write(files: FileAccess, options: { replace: boolean }): Promise<void> {
    this.fetch();
    try {
      await writeFiles(files, (await this.#files) ?? [], options);
    } catch (error) {
      if (!(error instanceof TabnixError)) throw error;
      const message = `The set-up's files could not be written: ${error.message}`;
      throw new TabnixError(error.code, message, error.hint, error);
    }
  }
}
