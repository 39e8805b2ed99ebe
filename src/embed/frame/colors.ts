import { DARK, LIGHT } from "../../terminal/colors.ts";
import type { Parameters } from "./parameters.ts";

/** The frame's colours: those that it was asked for, or the system's, which may change. */
export class Colors {
  readonly #theme: Parameters["theme"];
  readonly #systemDark = matchMedia("(prefers-color-scheme: dark)");

  constructor(theme: Parameters["theme"]) {
    this.#theme = theme;
    if (theme !== "system") document.documentElement.dataset["theme"] = theme;
  }

  /** The colours of the terminal. */
  get terminal(): typeof DARK {
    const isDark = this.#theme === "system" ? this.#systemDark.matches : this.#theme === "dark";
    return isDark ? DARK : LIGHT;
  }

  onChange(listener: () => void): void {
    this.#systemDark.addEventListener("change", listener);
  }
}
