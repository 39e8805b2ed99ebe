import { openDialog } from "./dialog.ts";
import { button, element } from "./element.ts";

export interface Question {
  title: string;
  /** What follows from it. */
  text: string;
  /** The button that does it. */
  action: string;
  onConfirm(): void;
  /** The dialog was closed in any other way. */
  onCancel?(): void;
}

/** Asks before something that cannot be undone. */
export function confirm({ title, text, action, onConfirm, onCancel }: Question): void {
  let isConfirmed = false;
  const dialog = openDialog(
    title,
    element("p", {}, text),
    element(
      "div",
      { class: "actions" },
      button({ label: "Cancel", onPress: () => dialog.close() }),
      button({
        label: action,
        class: "button primary",
        onPress: () => {
          isConfirmed = true;
          dialog.close();
          onConfirm();
        },
      }),
    ),
  );
  dialog.addEventListener("close", () => {
    if (!isConfirmed) onCancel?.();
  });
}

/** The same question, with its answer as a promise. */
export function confirmed(question: Omit<Question, "onConfirm" | "onCancel">): Promise<boolean> {
  return new Promise((resolve) => {
    confirm({ ...question, onConfirm: () => resolve(true), onCancel: () => resolve(false) });
  });
}
