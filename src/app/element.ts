import { type IconName, icon } from "./icons.ts";

/** Attributes by name: true writes it empty, false and undefined leave it out. */
export type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Makes an element. Children that are strings become text, never markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (typeof value === "string") made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export interface ButtonOptions {
  /** What it does: the visible text, or with an icon its accessible name and tooltip. */
  label: string;
  icon?: IconName;
  class?: string;
  onPress(): void;
}

/** A push button, with an icon or with text. */
export function button(options: ButtonOptions): HTMLButtonElement {
  const isIcon = options.icon !== undefined;
  const made = element("button", {
    type: "button",
    class: options.class ?? (isIcon ? "icon-button" : "button"),
    "aria-label": isIcon ? options.label : undefined,
    title: isIcon ? options.label : undefined,
  });
  made.append(options.icon === undefined ? options.label : icon(options.icon));
  made.addEventListener("click", () => options.onPress());
  return made;
}
