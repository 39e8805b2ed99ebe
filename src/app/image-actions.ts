/** What a visitor does with the site's images. */
import { TabnixError } from "../../workers/shared/errors.ts";
import type { Transfers } from "./file-panel/transfers.ts";
import { openImages } from "./images-dialog.ts";
import { KeeperLink, keeperThread } from "./keeper-link.ts";
import { OfflineImages } from "./offline-images.ts";
import { browserStorage } from "./settings.ts";

export interface ImageActionsOptions {
  /** Name of the image that is open. */
  image: string;
  /** The folder `images/` of the site, absolute, with a slash at its end. */
  imagesUrl: string;
  transfers: Transfers;
  /** Something went as it should. */
  onDone(message: string): void;
  onError(error: unknown): void;
}

export class ImageActions {
  readonly #options: ImageActionsOptions;
  readonly #images: OfflineImages;

  constructor(options: ImageActionsOptions) {
    this.#options = options;
    this.#images = new OfflineImages({
      imagesUrl: options.imagesUrl,
      storage: browserStorage(),
      transfers: options.transfers,
      openKeeper: (imagesUrl) => new KeeperLink(keeperThread(), imagesUrl),
    });
    // What could not be fetched for want of a network.
    window.addEventListener("online", () => void this.repair());
  }

  /** Shows which there are. @throws TabnixError */
  show(): Promise<void> {
    return openImages({ ...this.#options, images: this.#images });
  }

  /** Fetches what is missing of images that are to be whole, and says what came of it. */
  async repair(): Promise<void> {
    try {
      const whole = await this.#images.repair();
      if (whole.length > 0) this.#options.onDone(`All of ${whole.join(", ")} is kept again.`);
    } catch (error) {
      // Without a network there is nothing to be said: it is tried again when there is one.
      const isOffline = error instanceof TabnixError && error.code === "unreachable";
      if (!isOffline) this.#options.onError(error);
    }
  }
}
