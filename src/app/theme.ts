import { DARK, LIGHT } from "../terminal/colors.ts";
import type { SettingsStore } from "./settings.ts";

/** Light or dark, as the visitor or else the system says. Fires `change`. */
export class Theme extends EventTarget {
  readonly #settings: SettingsStore;
  readonly #systemDark = matchMedia("(prefers-color-scheme: dark)");

  constructor(settings: SettingsStore) {
    super();
    this.#settings = settings;
    settings.addEventListener("change", () => this.#apply());
    this.#systemDark.addEventListener("change", () => this.#apply());
    this.#apply();
  }

  get name(): "light" | "dark" {
    const { theme } = this.#settings.value;
    if (theme !== "system") return theme;
    return this.#systemDark.matches ? "dark" : "light";
  }

  /** The colours of the terminal. */
  get terminal(): typeof DARK {
    return this.name === "dark" ? DARK : LIGHT;
  }

  #apply(): void {
    document.documentElement.dataset["theme"] = this.name;
    const meta = document.querySelector('meta[name="theme-color"]');
    meta?.setAttribute("content", this.terminal.background ?? "");
    this.dispatchEvent(new Event("change"));
  }
}
