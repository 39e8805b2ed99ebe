import type { FromPaneToPreview, FromPreviewToPane } from "../../../workers/service/contract.ts";
import { PREVIEW_ADDRESS_LENGTH, PREVIEW_TITLE_LENGTH } from "../../../workers/shared/limits.ts";
import { element } from "../element.ts";

/** What the page in the frame says of itself. Shown, never believed. */
export interface FramePage {
  /** Path, query and fragment on this site. */
  address: string;
  title: string;
  canGoBack: boolean;
  canGoForward: boolean;
}

/**
 * Everything a page may do, but lead the page around it elsewhere. What it opens is held to that by the
 * Cross-Origin-Opener-Policy of previews, which a browser refuses in a sandbox.
 */
const SANDBOX = [
  "allow-scripts",
  "allow-same-origin",
  "allow-forms",
  "allow-modals",
  "allow-downloads",
  "allow-pointer-lock",
  "allow-popups",
  "allow-popups-to-escape-sandbox",
].join(" ");

/** The frame that shows a page of the machine. Only where such a page cannot reach this one. */
export class PreviewFrame {
  readonly element: HTMLIFrameElement;
  readonly #onPage: (page: FramePage) => void;
  /** The document that is shown has a script that does what it is told: it is HTML, of a server that answered. */
  listens = false;
  /** The document that is loading has told where it is. */
  #isTold = false;

  /** @param onPage the page has told of a change */
  constructor(onPage: (page: FramePage) => void) {
    this.#onPage = onPage;
    this.element = element("iframe", {
      class: "preview-frame",
      title: "Preview",
      sandbox: SANDBOX,
      allow: "fullscreen; clipboard-write",
    });
    // Documents tell from their first moment on, before they have loaded.
    this.element.addEventListener("load", () => {
      this.listens = this.#isTold;
      this.#isTold = false;
    });
    window.addEventListener("message", this.#receive);
  }

  /** Shows another page. @param address absolute */
  show(address: string): void {
    this.listens = false;
    this.#isTold = false;
    this.element.src = address;
  }

  /** Loads the page again, if it {@link listens}. */
  reload(): void {
    this.#post({ type: "tabnix-preview-reload" });
  }

  /** Goes through the page's own history. */
  go(delta: -1 | 1): void {
    this.#post({ type: "tabnix-preview-go", delta });
  }

  /** Ends the page that is shown. */
  remove(): void {
    window.removeEventListener("message", this.#receive);
    this.element.remove();
  }

  readonly #receive = ({ source, data }: MessageEvent<FromPreviewToPane>) => {
    if (source === null || source !== this.element.contentWindow) return;
    if (data?.type !== "tabnix-preview-page" || typeof data.address !== "string") return;
    this.listens = true;
    if (data.isFirst === true) this.#isTold = true;
    this.#onPage({
      address: data.address.slice(0, PREVIEW_ADDRESS_LENGTH),
      title: String(data.title).slice(0, PREVIEW_TITLE_LENGTH),
      canGoBack: data.canGoBack !== false,
      canGoForward: data.canGoForward !== false,
    });
  };

  #post(message: FromPaneToPreview): void {
    // A page that has gone elsewhere has no use for it, and it is no secret.
    this.element.contentWindow?.postMessage(message, "*");
  }
}
