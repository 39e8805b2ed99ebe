import { isApple, shortcutHelp } from "../terminal/shortcuts.ts";
import { openDialog } from "./dialog.ts";
import { element } from "./element.ts";

/** Shortcuts, the way out of the terminal, and what kind of machine this is. */
export function openHelp(): void {
  const rows = shortcutHelp(isApple(navigator.platform)).map(([keys, what]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("kbd", {}, keys)),
      element("td", {}, what),
    ),
  );
  openDialog(
    "Help",
    element(
      "p",
      {},
      "This is a whole Debian Linux computer that runs inside this tab; there is no server. Every other key, Tab and Ctrl+C included, goes to the shell.",
    ),
    element("table", { class: "shortcuts" }, element("tbody", {}, ...rows)),
    element(
      "p",
      {},
      "On a touch screen, a drag scrolls; a finger that rests on a word selects it, and more as it is dragged on.",
    ),
    element(
      "p",
      { class: "fine-print" },
      "The status bar says where files are saved; press it to see whether the browser may delete them. If it says that they are not saved, closing or reloading the tab loses them. In full screen the shell gets even the browser's own shortcuts, where the browser allows it.",
    ),
  );
}
