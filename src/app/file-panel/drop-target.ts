import { droppedItems, type LocalItem } from "./local-files.ts";

/** Takes files and folders that are dropped on an element. */
export class DropTarget {
  readonly #element: HTMLElement;
  /** Enters less leaves: an element inside is entered before the one around it is left. */
  #depth = 0;

  /** @param onDrop gets what was dropped when it has been looked through, or why it cannot be */
  constructor(target: HTMLElement, onDrop: (items: Promise<LocalItem[]>) => void) {
    this.#element = target;
    target.addEventListener("dragenter", (event) => this.#count(event, 1));
    target.addEventListener("dragleave", (event) => this.#count(event, -1));
    target.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    });
    target.addEventListener("drop", (event) => {
      if (!event.dataTransfer || !hasFiles(event)) return;
      event.preventDefault();
      this.#show(0);
      onDrop(droppedItems(event.dataTransfer));
    });
  }

  #count(event: DragEvent, step: 1 | -1): void {
    if (hasFiles(event)) this.#show(this.#depth + step);
  }

  #show(depth: number): void {
    this.#depth = depth;
    this.#element.classList.toggle("dropping", depth > 0);
  }
}

/** Files that are dropped where nobody takes them would replace the page. */
export function refuseDrops(page: Window): void {
  for (const type of ["dragover", "drop"] as const) {
    page.addEventListener(type, (event) => {
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
    });
  }
}

/** Whether files are dragged, and not text or links. */
export function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}
