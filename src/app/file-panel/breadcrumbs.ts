import { button, element } from "../element.ts";
import { foldersTo, nameOf } from "./paths.ts";

/** The way to a folder: a button for each one above it. */
export class Breadcrumbs {
  readonly element = element("nav", { class: "breadcrumbs", "aria-label": "Folder" });
  readonly #list = element("ol", {});
  readonly #onChoose: (folder: string) => void;

  constructor(onChoose: (folder: string) => void) {
    this.#onChoose = onChoose;
    this.element.append(this.#list);
  }

  show(folder: string): void {
    const crumbs = foldersTo(folder).map((path) => {
      const crumb = button({
        label: nameOf(path),
        class: "crumb",
        onPress: () => this.#onChoose(path),
      });
      if (path === folder) crumb.setAttribute("aria-current", "location");
      return element("li", {}, crumb);
    });
    this.#list.replaceChildren(...crumbs);
    // The end of a long way is what matters.
    this.element.scrollLeft = this.element.scrollWidth;
  }
}
