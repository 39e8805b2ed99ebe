import { openDialog } from "../dialog.ts";
import { button, element } from "../element.ts";

export interface NameQuestion {
  title: string;
  /** What stands in the field at first. */
  name: string;
  /** The button that takes the name. */
  action: string;
}

/** Asks for the name of a file or folder. @returns undefined when the visitor gives none */
export function askName({ title, name, action }: NameQuestion): Promise<string | undefined> {
  const field = element("input", {
    type: "text",
    class: "text-field",
    "aria-label": "Name",
    autocomplete: "off",
    spellcheck: "false",
  });
  field.value = name;
  const form = element(
    "form",
    {},
    field,
    element(
      "div",
      { class: "actions" },
      button({ label: "Cancel", onPress: () => dialog.close() }),
      element("button", { type: "submit", class: "button primary" }, action),
    ),
  );
  const dialog = openDialog(title, form);
  field.focus();
  // The name without what follows the last dot, as most want to change only that.
  const dot = name.lastIndexOf(".");
  field.setSelectionRange(0, dot > 0 ? dot : name.length);
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value === "") return;
      resolve(field.value);
      dialog.close();
    });
    dialog.addEventListener("close", () => resolve(undefined));
  });
}
