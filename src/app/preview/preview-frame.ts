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

/** Everything a page may do, but lead the page around it elsewhere. */
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
  /** The document that is shown has a script that listens. */
  #listens = false;
  #address = "about:blank";

  /** @param onPage the page has told of a change */
  constructor(onPage: (page: FramePage) => void) {
    this.#onPage = onPage;
    this.element = element("iframe", {
      class: "preview-frame",
      title: "Preview",
      sandbox: SANDBOX,
      allow: "fullscreen; clipboard-write",
    });
    window.addEventListener("message", this.#receive);
  }

  /** Shows another page. @param address path, query and fragment on this site */
  show(address: string): void {
    this.#address = address;
    this.#listens = false;
    this.element.src = address;
  }

  /** Loads the page again; another kind of document than HTML is loaded anew. */
  reload(): void {
    if (this.#listens) this.#post({ type: "tabnix-preview-reload" });
    else this.show(this.#address);
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
    this.#listens = true;
    this.#address = data.address.slice(0, PREVIEW_ADDRESS_LENGTH);
    this.#onPage({
      address: this.#address,
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
