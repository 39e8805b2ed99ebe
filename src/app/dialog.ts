import { button, element } from "./element.ts";

/**
 * A modal dialog with a title and a close button. The browser's own element keeps the focus inside,
 * closes on Escape and gives the focus back. Who does not let it close cancels its event "cancel".
 */
export function openDialog(title: string, ...content: Node[]): HTMLDialogElement {
  const heading = element("h2", {}, title);
  const dialog = element(
    "dialog",
    { class: "dialog", "aria-label": title },
    // A header element in a dialog would be a second banner of the page.
    element(
      "div",
      { class: "dialog-header" },
      heading,
      button({ label: "Close", icon: "close", onPress: () => requestClose(dialog) }),
    ),
    ...content,
  );
  // By itself the browser heeds the cancelled event only the first time.
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    requestClose(dialog);
  });
  dialog.addEventListener("close", () => dialog.remove());
  // A press on the backdrop reaches the dialog itself, never its content.
  dialog.addEventListener("click", (event) => {
    const box = dialog.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    const isInside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    if (event.target === dialog && !isInside) requestClose(dialog);
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Closes a dialog unless somebody cancels that. */
export function requestClose(dialog: HTMLDialogElement): void {
  if (dialog.dispatchEvent(new Event("cancel", { cancelable: true }))) dialog.close();
}
