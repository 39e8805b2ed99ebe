/**
 * `<tab-nix image="python" run="python3 hello.py">`: a machine in a page, as an element. docs/embedding.md has
 * its attributes.
 */
import {
  EMBED_HEIGHT,
  EMBED_MAX_HEIGHT,
  EMBED_MIN_HEIGHT,
} from "../../../workers/shared/limits.ts";
import { packSetup } from "../../setup/link.ts";
import { FrameLink } from "../frame-link.ts";
import { Greeting } from "../greeting.ts";
import { setupOf } from "./children.ts";

/** What a frame may do that others may not by themselves: shared memory, and text for the clipboard. */
const ALLOWED = "cross-origin-isolated; clipboard-write";
/** How far from being seen it is loaded. */
const MARGIN = "200px";

/** Until the page's own elements are all there: an element begins before its children do. */
async function parsed(): Promise<void> {
  if (document.readyState !== "loading") return;
  await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
}

/** @param site where embed.html is, with a slash at its end */
export function tabNixElement(site: URL): CustomElementConstructor {
  return class TabNix extends HTMLElement {
    static observedAttributes = ["height"];
    readonly #shadow = this.attachShadow({ mode: "open" });
    #frame: Promise<HTMLIFrameElement> | undefined;
    #stop = () => {};

    connectedCallback(): void {
      this.style.display ||= "block";
      this.#setHeight(EMBED_HEIGHT);
      if (this.getAttribute("start") === "now") {
        void this.open();
        return;
      }
      const observer = new IntersectionObserver(
        (entries) => {
          if (entries.some(({ isIntersecting }) => isIntersecting)) void this.open();
        },
        { rootMargin: MARGIN },
      );
      observer.observe(this);
      this.#stop = () => observer.disconnect();
    }

    /** The machine goes with the element. */
    disconnectedCallback(): void {
      this.#stop();
      this.#stop = () => {};
      this.#shadow.replaceChildren();
      this.#frame = undefined;
    }

    attributeChangedCallback(): void {
      this.#setHeight(EMBED_HEIGHT);
    }

    /** Its frame, which is loaded now if it was not: for `connectSandbox`. */
    open(): Promise<HTMLIFrameElement> {
      this.#frame ??= this.#load();
      return this.#frame;
    }

    async #load(): Promise<HTMLIFrameElement> {
      this.#stop();
      await parsed();
      const iframe = document.createElement("iframe");
      iframe.title = this.getAttribute("aria-label") ?? this.title;
      iframe.title ||= `Linux terminal, image ${this.getAttribute("image") ?? "base"}`;
      iframe.allow = ALLOWED;
      Object.assign(iframe.style, { width: "100%", height: "100%", border: "0", display: "block" });
      iframe.src = await this.#address();
      // Taken out of the page meanwhile: nobody is to see it.
      if (!this.isConnected) return iframe;
      const greeting = new Greeting(iframe, () => this.#listen(greeting.hello()));
      this.#stop = () => greeting.stop();
      this.#shadow.replaceChildren(iframe);
      return iframe;
    }

    async #address(): Promise<string> {
      const address = new URL("embed.html", site);
      const start = this.getAttribute("start");
      // Seen is what it is when it is loaded.
      address.searchParams.set("start", start === "click" ? "click" : "now");
      const theme = this.getAttribute("theme");
      if (theme !== null) address.searchParams.set("theme", theme);
      if (this.hasAttribute("readonly")) address.searchParams.set("readonly", "");
      const setup = this.getAttribute("setup");
      if (setup === null) address.hash = await packSetup(JSON.stringify(setupOf(this)));
      else address.searchParams.set("setup", new URL(setup, document.baseURI).href);
      return address.href;
    }

    #listen(port: MessagePort): void {
      new FrameLink(port, {
        onEvent: (event) => {
          if (event.type === "size") this.#setHeight(event.height);
        },
        onClose: () => {},
      });
    }

    /** @param height in CSS pixels; what the attribute says goes before it */
    #setHeight(height: number): void {
      const given = this.getAttribute("height") ?? "auto";
      const bounded = Math.min(EMBED_MAX_HEIGHT, Math.max(EMBED_MIN_HEIGHT, height));
      this.style.height =
        given === "auto" ? `${bounded}px` : /^\d+$/.test(given) ? `${given}px` : given;
    }
  };
}
