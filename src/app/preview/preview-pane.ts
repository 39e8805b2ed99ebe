import { button, element } from "../element.ts";
import { type FramePage, PreviewFrame } from "./preview-frame.ts";
import type { PreviewHost } from "./preview-host.ts";
import { openSharing } from "./sharing-dialog.ts";
import { parseReported, parseTyped, type ShownAddress, shown } from "./shown-address.ts";
import { splitter } from "./splitter.ts";

export interface PreviewPaneOptions {
  host: PreviewHost;
  /** The visitor wants others to reach a port. */
  onShare(port: number): void;
  onError(error: unknown): void;
  /** The pane was opened or closed. */
  onToggle(isOpen: boolean): void;
}

const NO_SERVER =
  "No server listens in the machine. Start one, for example: busybox httpd -f -p 8080";
const NO_PANE =
  "This browser cannot keep a preview apart from this page, so it is not shown inside it. A tab of its own has no way back here.";

/** A small browser for the servers in the machine, beside the terminals. */
export class PreviewPane {
  readonly element: HTMLElement;
  readonly #options: PreviewPaneOptions;
  readonly #back = button({ label: "Back", icon: "left", onPress: () => this.#frame?.go(-1) });
  readonly #forward = button({
    label: "Forward",
    icon: "right",
    onPress: () => this.#frame?.go(1),
  });
  readonly #share = button({
    label: "Share",
    icon: "share",
    onPress: () => this.#address && this.#options.onShare(this.#address.port),
  });
  readonly #input = element("input", {
    class: "preview-address",
    type: "text",
    inputmode: "url",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    placeholder: "localhost:8080/",
    "aria-label": "Address in the machine",
  });
  readonly #ports = element("div", {
    class: "preview-ports",
    role: "group",
    "aria-label": "Ports",
  });
  readonly #content = element("div", { class: "preview-content" });
  #frame: PreviewFrame | undefined;
  #address: ShownAddress | undefined;
  #known: readonly number[] = [];

  constructor(options: PreviewPaneOptions) {
    this.#options = options;
    this.element = this.#build();
    this.#update();
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** Shows the pane, with the first server if none is shown yet, or hides it, which ends its page. */
  toggle(isOpen = !this.isOpen): void {
    if (isOpen === this.isOpen) return;
    this.element.hidden = !isOpen;
    this.#options.onToggle(isOpen);
    if (!isOpen) {
      this.#dropFrame();
      return;
    }
    const [first] = this.#known;
    const address = this.#address ?? (first === undefined ? undefined : { port: first, path: "/" });
    this.#input.focus();
    if (address) void this.#show(address);
  }

  /** Shows what a server has at its root. */
  open(port: number): void {
    this.#address = { port, path: "/" };
    if (this.isOpen) void this.#show(this.#address);
    else this.toggle(true);
  }

  /** @param ports all on which servers listen now */
  showPorts(ports: readonly number[]): void {
    this.#known = ports;
    this.#update();
    const { host } = this.#options;
    // A worker at another origin finds the machine only through what this starts.
    if (ports.length > 0 && !host.sharesStorage) host.start().catch(() => {});
  }

  #build(): HTMLElement {
    const form = element("form", { class: "preview-form" }, this.#input);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#typed();
    });
    this.#input.addEventListener("input", () => this.#input.setCustomValidity(""));
    const tool = (label: string, icon: "refresh" | "new-tab" | "close", onPress: () => void) =>
      button({ label, icon, onPress });
    const tools = element(
      "div",
      { class: "preview-tools", role: "toolbar", "aria-label": "Preview" },
      this.#back,
      this.#forward,
      tool("Reload", "refresh", () => this.#reload()),
      form,
      this.#share,
      tool("Open in a new tab", "new-tab", () => void this.#openTab()),
      tool("Close preview", "close", () => this.toggle(false)),
    );
    const note = element(
      "p",
      { class: "preview-note" },
      this.#options.host.sharesStorage
        ? "Previews share this site's storage: open only what you trust. "
        : "Previews have an origin of their own. ",
      button({
        label: "More",
        class: "link-button",
        onPress: () => openSharing(this.#options.host.site),
      }),
    );
    const panel = element(
      "aside",
      { class: "preview-pane", "aria-label": "Preview", hidden: true },
      tools,
      this.#ports,
      this.#content,
      note,
    );
    panel.prepend(splitter(panel, "Width of the preview"));
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.toggle(false);
    });
    return panel;
  }

  #typed(): void {
    const address = parseTyped(this.#input.value, this.#address?.port);
    if (address) {
      void this.#show(address);
      return;
    }
    this.#input.setCustomValidity("Type an address of the machine, such as localhost:8080/.");
    this.#input.reportValidity();
  }

  async #show(address: ShownAddress): Promise<void> {
    const { host } = this.#options;
    this.#address = address;
    this.#input.value = shown(address);
    this.#update();
    try {
      const [isIsolated, path] = await Promise.all([
        host.start(),
        host.addressOf(address.port, address.path),
      ]);
      if (!this.isOpen || this.#address !== address) return;
      if (!isIsolated) {
        this.#dropFrame();
        this.#content.append(this.#tabOffer());
        return;
      }
      if (!this.#frame) {
        this.#frame = new PreviewFrame((page) => this.#report(page));
        this.#content.replaceChildren(this.#frame.element);
      }
      this.#frame.show(path);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #reload(): void {
    if (this.#frame?.listens) this.#frame.reload();
    else if (this.#address) void this.#show(this.#address);
  }

  /** For browsers that would let the page reach this one. */
  #tabOffer(): HTMLElement {
    return element(
      "div",
      { class: "preview-offer" },
      element("p", {}, NO_PANE),
      button({
        label: "Open in a new tab",
        class: "button primary",
        onPress: () => void this.#openTab(),
      }),
    );
  }

  async #openTab(): Promise<void> {
    const address = this.#address;
    if (!address) return;
    const { host } = this.#options;
    try {
      await host.start();
      window.open(await host.addressOf(address.port, address.path), "_blank", "noopener");
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #report({ address, title, canGoBack, canGoForward }: FramePage): void {
    const reported = parseReported(this.#options.host.site, address);
    if (!reported) return;
    this.#address = reported;
    // What the visitor is typing stays.
    if (document.activeElement !== this.#input) this.#input.value = shown(reported);
    this.#frame?.element.setAttribute("title", title === "" ? "Preview" : `Preview: ${title}`);
    this.#back.disabled = !canGoBack;
    this.#forward.disabled = !canGoForward;
    this.#update();
  }

  #dropFrame(): void {
    this.#frame?.remove();
    this.#frame = undefined;
    this.#content.replaceChildren();
    this.#back.disabled = true;
    this.#forward.disabled = true;
  }

  #update(): void {
    if (!this.#frame) {
      this.#back.disabled = true;
      this.#forward.disabled = true;
    }
    this.#share.disabled = !this.#address;
    const buttons = this.#known.map((port) => {
      const made = button({ label: String(port), class: "port", onPress: () => this.open(port) });
      made.setAttribute("aria-label", `Port ${port}`);
      if (port === this.#address?.port) made.setAttribute("aria-current", "true");
      return made;
    });
    this.#ports.replaceChildren(
      ...(buttons.length > 0 ? ["Open ports:", ...buttons] : [NO_SERVER]),
    );
  }
}
