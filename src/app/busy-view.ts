import { button, element } from "./element.ts";

export interface BusyViewOptions {
  /** Whether this tab had the files until now. */
  hadFiles: boolean;
  onTake(): void;
  onFresh(): void;
}

/** Another tab has the saved files: what can be done here. */
export function busyView({ hadFiles, onTake, onFresh }: BusyViewOptions): HTMLElement {
  return element(
    "section",
    { class: "screen busy", role: "alert", "aria-labelledby": "busy-title" },
    element(
      "div",
      { class: "screen-content" },
      element(
        "h1",
        { id: "busy-title" },
        hadFiles ? "Another tab has taken the files" : "Open in another tab",
      ),
      element(
        "p",
        {},
        hadFiles
          ? "What was done here until then is saved, and the machine goes on over there."
          : "A machine in another tab of this browser has these files, and only one can.",
      ),
      element(
        "div",
        { class: "actions" },
        button({
          label: hadFiles ? "Take them back" : "Take the files over",
          class: "button primary",
          onPress: onTake,
        }),
        button({ label: "Open a fresh copy that is not saved", onPress: onFresh }),
      ),
    ),
  );
}
