import { type Attributes, element } from "./element.ts";
import { type IconName, icon } from "./icons.ts";

export interface MenuItem {
  label: string;
  /** Read at each opening; an item that cannot be used now is skipped. */
  enabled?(): boolean;
  onChoose(): void;
}

export interface MenuOptions {
  label: string;
  icon: IconName;
  items: readonly MenuItem[];
}

/** Which item the arrow keys, Home and End lead to, of `count` items. */
function target(key: string, current: number, count: number): number | undefined {
  if (key === "ArrowDown") return (current + 1) % count;
  if (key === "ArrowUp") return (current - 1 + count) % count;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : undefined;
}

/** A button that opens a menu below it (WAI-ARIA menu button pattern). */
export class Menu {
  readonly element: HTMLElement;
  readonly #options: MenuOptions;
  readonly #button: HTMLButtonElement;
  readonly #list: HTMLElement;

  constructor(options: MenuOptions) {
    this.#options = options;
    const { label } = options;
    const attributes: Attributes = {
      type: "button",
      class: "icon-button",
      "aria-label": label,
      title: label,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    };
    this.#button = element("button", attributes, icon(options.icon));
    this.#list = element("div", { class: "menu", role: "menu", "aria-label": label, hidden: true });
    this.element = element("div", { class: "menu-anchor" }, this.#button, this.#list);
    this.#button.addEventListener("click", () =>
      this.#list.hidden ? this.#open() : this.#close(),
    );
    this.element.addEventListener("keydown", (event) => this.#keyDown(event));
    this.element.addEventListener("focusout", (event) => {
      const to = event.relatedTarget;
      if (!(to instanceof Node && this.element.contains(to))) this.#close();
    });
  }

  #open(): void {
    this.#list.replaceChildren(...this.#options.items.map((item) => this.#row(item)));
    this.#list.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#rows()[0]?.focus();
  }

  #close(): void {
    this.#list.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
  }

  #row({ label, enabled, onChoose }: MenuItem): HTMLButtonElement {
    const disabled = enabled !== undefined && !enabled();
    const attributes = { type: "button", role: "menuitem", tabindex: "-1", disabled };
    const row = element("button", attributes, label);
    row.addEventListener("click", () => {
      // The button gets the focus first, so that what the choice opens can return it there.
      this.#button.focus();
      this.#close();
      onChoose();
    });
    return row;
  }

  #rows(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)")];
  }

  #keyDown(event: KeyboardEvent): void {
    if (this.#list.hidden) return;
    if (event.key === "Escape") {
      this.#button.focus();
      this.#close();
    } else {
      const rows = this.#rows();
      const next = target(
        event.key,
        rows.indexOf(document.activeElement as HTMLElement),
        rows.length,
      );
      if (next === undefined) return;
      rows[next]?.focus();
    }
    event.preventDefault();
  }
}
