import { TabnixError, toErrorMessage } from "../../../workers/shared/errors.ts";
import { MAX_SHOWN_ENTRIES } from "../../../workers/shared/limits.ts";
import type { FileAccess, FileEntry } from "../../file-access.ts";
import { button, element } from "../element.ts";
import type { IconName } from "../icons.ts";
import { Breadcrumbs } from "./breadcrumbs.ts";
import { DragOut } from "./drag-out.ts";
import { DropTarget, refuseDrops } from "./drop-target.ts";
import { FileActions } from "./file-actions.ts";
import { FileList, isFolder, sorted } from "./file-list.ts";
import { folderOf, inFolder, nameOf } from "./paths.ts";
import { Transfers } from "./transfers.ts";

export interface FilePanelOptions {
  /** The files of the machine that runs. @throws TabnixError when none does */
  files(): FileAccess;
  onError(error: Pick<TabnixError, "message" | "hint">): void;
  /** Something in the machine was changed. */
  onChange(): void;
  /** The panel was opened or closed. */
  onToggle(isOpen: boolean): void;
}

/** Where the visitor's own files are. */
const START = "/root";

/** The files of the machine beside its terminals. */
export class FilePanel {
  readonly element: HTMLElement;
  readonly #options: FilePanelOptions;
  readonly #transfers = new Transfers();
  readonly #actions: FileActions;
  readonly #dragOut = new DragOut();
  readonly #crumbs = new Breadcrumbs((folder) => void this.#go(folder));
  readonly #note = element("p", { class: "file-note", role: "status" });
  readonly #list: FileList;
  readonly #ofSelection: HTMLButtonElement[];
  #folder = START;
  /** Counts looks at folders: only the last one is shown. */
  #looks = 0;

  constructor(options: FilePanelOptions) {
    this.#options = options;
    this.#list = new FileList({
      onOpen: (entry) => this.#open(entry),
      onUp: () => void this.#go(folderOf(this.#folder), nameOf(this.#folder)),
      onRename: (entry) => this.#do(() => this.#actions.rename(this.#folder, entry)),
      onDelete: (entry) => this.#do(() => this.#actions.remove(this.#folder, entry)),
      onSelect: (entry) => this.#selected(entry),
      onGrab: (entry) => this.#dragOut.prepare(options.files(), this.#pathOf(entry)),
      onRelease: () => this.#dragOut.stop(),
      onDragStart: (entry, event) => this.#drag(entry, event),
    });
    this.#actions = new FileActions({
      files: options.files,
      transfers: this.#transfers,
      onChange: (name) => this.#changed(name),
      onError: (error) => this.#report(error),
    });
    const onSelected = (label: string, icon: IconName, act: (entry: FileEntry) => void) =>
      button({
        label,
        icon,
        onPress: () => {
          if (this.#list.selected) act(this.#list.selected);
        },
      });
    this.#ofSelection = [
      onSelected("Open", "edit", (entry) => this.#open(entry)),
      onSelected("Download", "download", (entry) =>
        this.#do(() => this.#actions.download(this.#pathOf(entry))),
      ),
      onSelected("Rename", "rename", (entry) =>
        this.#do(() => this.#actions.rename(this.#folder, entry)),
      ),
      onSelected("Delete", "delete", (entry) =>
        this.#do(() => this.#actions.remove(this.#folder, entry)),
      ),
    ];
    this.element = this.#build();
    this.#selected(undefined);
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** Something is being copied. */
  get isBusy(): boolean {
    return this.#transfers.isBusy;
  }

  /** Shows the panel and gives it the focus, unless that is wanted elsewhere, or hides it. */
  toggle(isOpen = !this.isOpen, { focus = true }: { focus?: boolean } = {}): void {
    if (isOpen === this.isOpen) return;
    this.element.hidden = !isOpen;
    this.#dragOut.forget();
    this.#options.onToggle(isOpen);
    if (isOpen) void this.refresh().then(() => focus && this.#list.focus());
  }

  /** Looks again at the folder that is shown. */
  refresh(): Promise<void> {
    return this.#go(this.#folder);
  }

  #build(): HTMLElement {
    const tool = (label: string, icon: IconName, onPress: () => void) =>
      button({ label, icon, onPress });
    const panel = element(
      "aside",
      { class: "file-panel", "aria-label": "Files", hidden: true },
      element(
        "div",
        { class: "file-panel-header" },
        element("h2", {}, "Files"),
        tool("Refresh", "refresh", () => void this.refresh()),
        tool("Close files", "close", () => this.toggle(false)),
      ),
      this.#crumbs.element,
      element(
        "div",
        { class: "file-tools", role: "toolbar", "aria-label": "Files" },
        tool("New folder", "new-folder", () =>
          this.#do(() => this.#actions.makeFolder(this.#folder)),
        ),
        tool("Upload files", "upload", () => this.#actions.chooseFiles(this.#folder)),
        tool("Upload a folder", "upload-folder", () => this.#actions.chooseFolder(this.#folder)),
        element("span", { class: "file-tools-gap" }),
        ...this.#ofSelection,
      ),
      this.#list.element,
      this.#note,
      this.#transfers.element,
    );
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.toggle(false);
    });
    panel.addEventListener("focusin", ({ relatedTarget: from }) => {
      if (!(from instanceof Node && panel.contains(from))) void this.refresh();
    });
    refuseDrops(window);
    new DropTarget(panel, (items) => this.#do(() => this.#actions.upload(this.#folder, items)));
    return panel;
  }

  #pathOf({ name }: FileEntry): string {
    return inFolder(this.#folder, name);
  }

  /** @param reveal the name that is selected there */
  async #go(folder: string, reveal?: string): Promise<void> {
    this.#looks += 1;
    const look = this.#looks;
    try {
      const entries = sorted(await this.#options.files().list(folder));
      if (look !== this.#looks) return;
      this.#folder = folder;
      this.#crumbs.show(folder);
      const shown = entries.slice(0, MAX_SHOWN_ENTRIES);
      this.#list.show(folder, shown);
      this.#note.textContent = noteOf(entries.length, shown.length);
      if (reveal !== undefined) this.#list.reveal(reveal);
    } catch (error) {
      if (look !== this.#looks) return;
      this.#report(error);
      // The folder that was shown is gone: the nearest one that is left takes its place.
      const isGone = error instanceof TabnixError && error.code === "not-found";
      if (isGone && folder === this.#folder && folder !== "/") await this.#go(folderOf(folder));
    }
  }

  #open(entry: FileEntry): void {
    const path = this.#pathOf(entry);
    if (isFolder(entry)) this.#do(() => this.#enter(path));
    else this.#do(() => this.#actions.edit(path));
  }

  async #enter(path: string): Promise<void> {
    await this.#go(path);
    this.#list.focus();
  }

  #drag(entry: FileEntry, event: DragEvent): void {
    const { dataTransfer } = event;
    if (!dataTransfer) return;
    try {
      this.#dragOut.start(this.#pathOf(entry), dataTransfer);
    } catch (error) {
      event.preventDefault();
      this.#report(error);
    }
  }

  #selected(entry: FileEntry | undefined): void {
    for (const tool of this.#ofSelection) tool.disabled = entry === undefined;
  }

  async #changed(name: string | undefined): Promise<void> {
    this.#options.onChange();
    await this.#go(this.#folder, name);
  }

  /** Does something, and tells the visitor if it fails. */
  #do(act: () => Promise<void>): void {
    act().catch((error) => this.#report(error));
  }

  #report(error: unknown): void {
    // Cancelled by the visitor, who knows.
    if (error instanceof DOMException && error.name === "AbortError") return;
    this.#options.onError(toErrorMessage(error, "unsupported"));
  }
}

function noteOf(count: number, shown: number): string {
  if (count === 0) return "This folder is empty.";
  return count > shown ? `The first ${shown} of ${count} are shown.` : "";
}
