import { button, element } from "./element.ts";

/**
 * A modal dialog with a title and a close button. The browser's own element keeps the focus inside,
 * closes on Escape and gives the focus back.
 */
export function openDialog(title: string, ...content: Node[]): HTMLDialogElement {
  const heading = element("h2", {}, title);
  const dialog = element(
    "dialog",
    { class: "dialog", "aria-label": title },
    element(
      "header",
      { class: "dialog-header" },
      heading,
      button({ label: "Close", icon: "close", onPress: () => dialog.close() }),
    ),
    ...content,
  );
  dialog.addEventListener("close", () => dialog.remove());
  // A press on the backdrop reaches the dialog itself, never its content.
  dialog.addEventListener("click", (event) => {
    const box = dialog.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    const isInside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    if (event.target === dialog && !isInside) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
