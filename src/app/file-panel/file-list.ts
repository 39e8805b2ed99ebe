import type { FileEntry } from "../../file-access.ts";
import { element } from "../element.ts";
import { formatBytes } from "../format.ts";
import { type IconName, icon } from "../icons.ts";

export interface FileListOptions {
  onOpen(entry: FileEntry): void;
  /** Backspace: to the folder above. */
  onUp(): void;
  onRename(entry: FileEntry): void;
  onDelete(entry: FileEntry): void;
  /** Another entry is selected, or none. */
  onSelect(entry: FileEntry | undefined): void;
  /** A pointer took hold of an entry: it may be dragged. */
  onGrab(entry: FileEntry): void;
  /** The pointer let go of it, or drags it. */
  onRelease(): void;
  onDragStart(entry: FileEntry, event: DragEvent): void;
}

interface Row {
  entry: FileEntry;
  element: HTMLElement;
}

const order = new Intl.Collator(undefined, { numeric: true });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });
/** Rows that Page Up and Page Down go. */
const PAGE = 10;

/** True where a link to a folder is, too. */
export function isFolder({ kind, leadsTo }: FileEntry): boolean {
  return kind === "directory" || leadsTo === "directory";
}

/** Folders first, then by name as people count. */
export function sorted(entries: readonly FileEntry[]): FileEntry[] {
  return [...entries].sort(
    (a, b) => Number(isFolder(b)) - Number(isFolder(a)) || order.compare(a.name, b.name),
  );
}

/** The entries of a folder, one selected at a time (WAI-ARIA grid pattern, with rows that take the focus). */
export class FileList {
  readonly element = element("div", { class: "file-list", role: "grid", tabindex: "-1" });
  readonly #options: FileListOptions;
  readonly #body = element("div", { class: "file-rows", role: "rowgroup" });
  #rows: Row[] = [];
  #selected: Row | undefined;

  constructor(options: FileListOptions) {
    this.#options = options;
    this.element.append(
      element(
        "div",
        { role: "rowgroup" },
        element(
          "div",
          { class: "file-row file-head", role: "row" },
          element("span", { role: "columnheader" }, "Name"),
          element("span", { role: "columnheader" }, "Size"),
          element("span", { role: "columnheader" }, "Changed"),
        ),
      ),
      this.#body,
    );
    this.element.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  get selected(): FileEntry | undefined {
    return this.#selected?.entry;
  }

  /** Shows entries in the order given. Rows that stay as they were keep their element and the focus. */
  show(folder: string, entries: readonly FileEntry[]): void {
    this.element.setAttribute("aria-label", `Files in ${folder}`);
    const before = new Map(this.#rows.map((row) => [JSON.stringify(row.entry), row]));
    const wasSelected = this.#selected?.entry.name;
    const hadFocus = this.#body.contains(document.activeElement);
    const rows = entries.map((entry) => before.get(JSON.stringify(entry)) ?? this.#makeRow(entry));
    const isSame =
      rows.length === this.#rows.length && rows.every((row, i) => row === this.#rows[i]);
    if (isSame) return;
    this.#rows = rows;
    this.#body.replaceChildren(...rows.map((row) => row.element));
    const next = rows.find(({ entry }) => entry.name === wasSelected);
    this.#select(next);
    if (hadFocus) (next ?? rows[0] ?? this).element.focus();
  }

  /** Selects the entry of that name, if it is shown, and gives it the focus. */
  reveal(name: string): void {
    const row = this.#rows.find(({ entry }) => entry.name === name);
    if (row) this.#focus(row);
  }

  /** Gives the focus to the selected row, or the first, or where there is none to the list. */
  focus(): void {
    const row = this.#selected ?? this.#rows[0];
    if (row) this.#focus(row);
    else this.element.focus();
  }

  #makeRow(entry: FileEntry): Row {
    const made = element(
      "div",
      {
        class: "file-row",
        role: "row",
        tabindex: "-1",
        draggable: "true",
        "aria-selected": "false",
      },
      element(
        "span",
        { role: "gridcell", class: "file-name" },
        icon(iconOf(entry)),
        nameCell(entry),
      ),
      element("span", { role: "gridcell", class: "file-size" }, sizeText(entry)),
      element("span", { role: "gridcell", class: "file-date" }, date.format(entry.mtime)),
    );
    const row = { entry, element: made };
    made.addEventListener("focus", () => this.#select(row));
    made.addEventListener("pointerdown", () => this.#options.onGrab(entry));
    made.addEventListener("pointerup", () => this.#options.onRelease());
    made.addEventListener("pointercancel", () => this.#options.onRelease());
    made.addEventListener("dragstart", (event) => this.#options.onDragStart(entry, event));
    made.addEventListener("dblclick", () => this.#options.onOpen(entry));
    made.addEventListener("click", (event) => {
      // Fingers tap twice at leisure.
      const isTouch = event instanceof PointerEvent && event.pointerType === "touch";
      if (isTouch && this.#selected === row && made.dataset["tapped"] !== undefined) {
        this.#options.onOpen(entry);
      }
      for (const { element: other } of this.#rows) delete other.dataset["tapped"];
      made.dataset["tapped"] = "";
      this.#focus(row);
    });
    return row;
  }

  #focus(row: Row): void {
    row.element.focus();
    this.#select(row);
  }

  #select(row: Row | undefined): void {
    this.#selected?.element.setAttribute("aria-selected", "false");
    row?.element.setAttribute("aria-selected", "true");
    // One row can be reached with Tab; the arrow keys go on from it.
    for (const { element: other } of this.#rows) other.tabIndex = -1;
    const reachable = row ?? this.#rows[0];
    if (reachable) reachable.element.tabIndex = 0;
    this.#selected = row;
    this.#options.onSelect(row?.entry);
  }

  #keyDown(event: KeyboardEvent): void {
    const { key, ctrlKey, altKey, metaKey } = event;
    if (ctrlKey || altKey || metaKey) return;
    const entry = this.#selected?.entry;
    const to = this.#target(key);
    if (to) this.#focus(to);
    else if (key === "Backspace") this.#options.onUp();
    else if (key === "Enter" && entry) this.#options.onOpen(entry);
    else if (key === "F2" && entry) this.#options.onRename(entry);
    else if (key === "Delete" && entry) this.#options.onDelete(entry);
    else return;
    event.preventDefault();
  }

  /** The row that a key leads to. */
  #target(key: string): Row | undefined {
    const last = this.#rows.length - 1;
    const at = this.#selected ? this.#rows.indexOf(this.#selected) : -1;
    if (key === "ArrowDown") return this.#rows[Math.min(at + 1, last)];
    if (key === "ArrowUp") return this.#rows[Math.max(at - 1, 0)];
    if (key === "PageDown") return this.#rows[Math.min(at + PAGE, last)];
    if (key === "PageUp") return this.#rows[Math.max(at - PAGE, 0)];
    if (key === "Home") return this.#rows[0];
    return key === "End" ? this.#rows[last] : undefined;
  }
}

function iconOf(entry: FileEntry): IconName {
  if (isFolder(entry)) return "folder";
  return entry.kind === "directory" ? "folder" : entry.kind;
}

function nameCell({ name, target }: FileEntry): HTMLElement {
  const text = element("span", { class: "file-label", title: name }, name);
  if (target !== undefined) text.append(element("small", {}, ` → ${target}`));
  return text;
}

function sizeText({ kind, size }: FileEntry): string {
  return kind === "file" ? formatBytes(size) : "";
}
