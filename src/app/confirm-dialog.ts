import { openDialog } from "./dialog.ts";
import { button, element } from "./element.ts";

export interface Question {
  title: string;
  /** What follows from it. */
  text: string;
  /** The button that does it. */
  action: string;
  onConfirm(): void;
}

/** Asks before something that cannot be undone. */
export function confirm({ title, text, action, onConfirm }: Question): void {
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
          dialog.close();
          onConfirm();
        },
      }),
    ),
  );
}
