import type { ISearchOptions, SearchAddon } from "@xterm/addon-search";
import { button, element } from "./element.ts";

/** Colours that mark hits, as `#rrggbb`. */
export interface MatchColors {
  match: string;
  active: string;
  ruler: string;
}

export interface FindBarOptions {
  /** The search of the terminal that is shown, if any. */
  search(): SearchAddon | undefined;
  colors(): MatchColors;
  /** The bar was closed; the terminal takes the focus. */
  onClose(): void;
}

/** Finds text in the scrollback. Enter goes to the next hit, Shift+Enter to the one before. */
export class FindBar {
  readonly element: HTMLElement;
  readonly #options: FindBarOptions;
  readonly #field = element("input", {
    type: "search",
    class: "find-field",
    "aria-label": "Find in the terminal",
    placeholder: "Find",
    autocomplete: "off",
    spellcheck: "false",
  });
  readonly #count = element("output", { class: "find-count", "aria-live": "polite" });
  readonly #caseSensitive = toggle("Aa", "Match case");
  readonly #regex = toggle(".*", "Regular expression");
  #watched: SearchAddon | undefined;

  constructor(options: FindBarOptions) {
    this.#options = options;
    this.element = element(
      "div",
      { class: "find-bar", role: "search", "aria-label": "Find in the terminal", hidden: true },
      this.#field,
      this.#count,
      this.#caseSensitive,
      this.#regex,
      button({ label: "Previous match", icon: "up", onPress: () => this.#find(-1) }),
      button({ label: "Next match", icon: "down", onPress: () => this.#find(1) }),
      button({ label: "Close find", icon: "close", onPress: () => this.close() }),
    );
    this.#field.addEventListener("input", () => this.#find(1, true));
    this.element.addEventListener("keydown", (event) => this.#keyDown(event));
    for (const option of [this.#caseSensitive, this.#regex]) {
      option.addEventListener("click", () => {
        option.setAttribute("aria-pressed", String(!isPressed(option)));
        // The add-on keeps its hits while the text is the same; forgetting them makes it look again.
        this.#options.search()?.clearDecorations();
        this.#find(1, true);
      });
    }
  }

  open(): void {
    this.element.hidden = false;
    this.#field.select();
    this.#field.focus();
  }

  close(): void {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.#options.search()?.clearDecorations();
    this.#options.onClose();
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target === this.#field) {
      this.#find(event.shiftKey ? -1 : 1);
    } else return;
    event.preventDefault();
  }

  /** @param incremental stays at the hit that is shown while the text still matches. */
  #find(direction: 1 | -1, incremental = false): void {
    const search = this.#options.search();
    if (search === undefined) return;
    this.#watch(search);
    const text = this.#field.value;
    const { match, active, ruler } = this.#options.colors();
    const options: ISearchOptions = {
      caseSensitive: isPressed(this.#caseSensitive),
      regex: isPressed(this.#regex),
      incremental,
      decorations: {
        matchBackground: match,
        matchOverviewRuler: ruler,
        activeMatchBackground: active,
        activeMatchColorOverviewRuler: ruler,
      },
    };
    this.#field.removeAttribute("aria-invalid");
    try {
      if (direction === 1) search.findNext(text, options);
      else search.findPrevious(text, options);
    } catch {
      // A regular expression that is not finished yet.
      this.#field.setAttribute("aria-invalid", "true");
      this.#count.value = "";
    }
  }

  #watch(search: SearchAddon): void {
    if (this.#watched === search) return;
    this.#watched = search;
    search.onDidChangeResults(({ resultIndex, resultCount }) => {
      if (this.#watched !== search) return;
      const shown = resultIndex < 0 ? "?" : String(resultIndex + 1);
      const none = this.#field.value === "" ? "" : "No match";
      this.#count.value = resultCount === 0 ? none : `${shown} of ${resultCount}`;
    });
  }
}

function toggle(text: string, label: string): HTMLButtonElement {
  return element(
    "button",
    {
      type: "button",
      class: "find-toggle",
      "aria-pressed": "false",
      "aria-label": label,
      title: label,
    },
    text,
  );
}

function isPressed(control: HTMLElement): boolean {
  return control.getAttribute("aria-pressed") === "true";
}
