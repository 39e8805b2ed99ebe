/** The site's images, and which of them the visitor wants whole without a network. */
import { CATALOGUE, type CatalogueEntry, parseCatalogue } from "../../images/format/catalogue.ts";
import type { ImageState } from "../../workers/keeper/contract.ts";
import { TabnixError } from "../../workers/shared/errors.ts";
import type { Progress, Transfers } from "./file-panel/transfers.ts";
import type { KeeperLink } from "./keeper-link.ts";
import { keptImages, setKept } from "./kept-images.ts";
import { lastImage } from "./last-image.ts";
import type { SettingsStorage } from "./settings.ts";

export interface OfflineImagesOptions {
  /** The folder `images/` of the site, absolute, with a slash at its end. */
  imagesUrl: string;
  storage: SettingsStorage | undefined;
  transfers: Transfers;
  /** Starts a worker for what is done next. */
  openKeeper(imagesUrl: string): KeeperLink;
}

/** One image, and what of it is here. */
export interface ListedImage extends CatalogueEntry {
  /** The visitor has asked for all of it. */
  isWanted: boolean;
  /** Compressed bytes that are kept. */
  kept: number;
  /** All of it is. */
  isWhole: boolean;
}

export class OfflineImages {
  readonly #options: OfflineImagesOptions;

  constructor(options: OfflineImagesOptions) {
    this.#options = options;
  }

  /** @throws TabnixError `unreachable`, `not-found`, `malformed`, `wrong-version`; `unsupported` */
  async list(): Promise<ListedImage[]> {
    const images = await this.#catalogue();
    const wanted = keptImages(this.#options.storage);
    const states = await this.#withKeeper((keeper) => keeper.look(images.map(({ name }) => name)));
    return images.map((entry) => {
      const state = states.find(({ image }) => image === entry.name);
      return {
        ...entry,
        isWanted: wanted.includes(entry.name),
        kept: state?.kept ?? 0,
        isWhole: isWhole(state),
      };
    });
  }

  /** Fetches what is not there, with progress, and from now on sees to it that all of it is. @throws TabnixError */
  async keep(image: string): Promise<void> {
    const { storage, transfers } = this.#options;
    setKept(storage, image, true);
    // Otherwise it may be the first thing that the browser throws away.
    await navigator.storage?.persist?.().catch(() => {});
    await transfers.run(`Keeping all of ${image}`, (progress) => this.#keep(image, progress));
  }

  /** Forgets what neither another image that is wanted needs nor the one that was used last. @throws TabnixError */
  async remove(image: string): Promise<void> {
    const { storage } = this.#options;
    setKept(storage, image, false);
    const last = lastImage(storage);
    const others = new Set([...keptImages(storage), ...(last === undefined ? [] : [last])]);
    others.delete(image);
    await this.#withKeeper((keeper) => keeper.remove(image, [...others]));
  }

  /**
   * Fetches what is missing of the images that are wanted: an earlier download has ended early, the browser
   * has thrown something away, or the site has a new version.
   *
   * @returns the images that are whole again
   * @throws TabnixError of the first that cannot be
   */
  async repair(): Promise<string[]> {
    const wanted = keptImages(this.#options.storage);
    if (wanted.length === 0) return [];
    return this.#withKeeper(async (keeper) => {
      const states = await keeper.look(wanted);
      const broken = states.filter((state) => !isWhole(state)).map(({ image }) => image);
      for (const image of broken) await keeper.keep(image, () => {});
      return broken;
    });
  }

  #keep(image: string, { signal, expect, onBytes }: Progress): Promise<void> {
    return this.#withKeeper((keeper) => {
      let last: number | undefined;
      const kept = keeper.keep(image, (done, total) => {
        // Of what was there already nothing is fetched.
        if (last === undefined) expect({ bytes: total - done, files: 0 });
        else onBytes(done - last);
        last = done;
      });
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        kept.then(resolve, reject);
      });
    });
  }

  async #withKeeper<Result>(work: (keeper: KeeperLink) => Promise<Result>): Promise<Result> {
    const keeper = this.#options.openKeeper(this.#options.imagesUrl);
    try {
      return await work(keeper);
    } finally {
      keeper.close();
    }
  }

  async #catalogue(): Promise<CatalogueEntry[]> {
    const url = this.#options.imagesUrl + CATALOGUE;
    let response: Response;
    try {
      response = await fetch(url, { cache: "no-cache" });
    } catch (error) {
      throw new TabnixError(
        "unreachable",
        "The list of this site's images could not be reached.",
        "Check the connection and try again.",
        error,
      );
    }
    if (!response.ok) {
      throw new TabnixError(
        response.status === 404 ? "not-found" : "unreachable",
        `The list of this site's images could not be fetched: HTTP ${response.status}.`,
        "Whoever serves this page must upload all of dist/.",
      );
    }
    return parseCatalogue(await response.text(), url).images;
  }
}

function isWhole(state: ImageState | undefined): boolean {
  return state !== undefined && state.total > 0 && state.kept === state.total;
}
