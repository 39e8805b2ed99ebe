import { button, element } from "./element.ts";

/** The machine is off, on purpose. */
export function powerView(keepsFiles: boolean, onStart: () => void): HTMLElement {
  return element(
    "section",
    { class: "screen off", "aria-labelledby": "off-title" },
    element(
      "div",
      { class: "screen-content" },
      element("h1", { id: "off-title" }, "The machine is off"),
      element(
        "p",
        {},
        keepsFiles
          ? "It shut down cleanly. Its files are saved in this browser."
          : "It shut down cleanly. Its files are kept in memory until this page is closed or reloaded.",
      ),
      element(
        "div",
        { class: "actions" },
        button({ label: "Start", class: "button primary", onPress: onStart }),
      ),
    ),
  );
}
