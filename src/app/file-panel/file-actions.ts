import { TabnixError } from "../../../workers/shared/errors.ts";
import type { FileAccess, FileEntry } from "../../file-access.ts";
import { confirmed } from "../confirm-dialog.ts";
import { element } from "../element.ts";
import { saveBlob } from "../save.ts";
import { download } from "./download.ts";
import { openEditor } from "./editor.ts";
import { chosenItems, type LocalItem } from "./local-files.ts";
import { askName } from "./name-dialog.ts";
import { inFolder, nameOf } from "./paths.ts";
import type { Transfers } from "./transfers.ts";
import { upload } from "./upload.ts";

export interface FileActionsOptions {
  files(): FileAccess;
  transfers: Transfers;
  /** Something was changed; with the name of what is to be selected now. */
  onChange(name?: string): Promise<void>;
  onError(error: unknown): void;
}

/** Names that a question lists. */
const LISTED = 5;

/** What a visitor does with files: each asks what it must, shows its progress, and throws why it failed. */
export class FileActions {
  readonly #options: FileActionsOptions;

  constructor(options: FileActionsOptions) {
    this.#options = options;
  }

  async makeFolder(folder: string): Promise<void> {
    const name = await askName({ title: "New folder", name: "", action: "Create" });
    if (name === undefined) return;
    await this.#files.makeDirectory(inFolder(folder, checkName(name)));
    await this.#options.onChange(name);
  }

  async rename(folder: string, { name }: FileEntry): Promise<void> {
    const wanted = await askName({ title: `Rename ${name}`, name, action: "Rename" });
    if (wanted === undefined || wanted === name) return;
    const from = inFolder(folder, name);
    const to = inFolder(folder, checkName(wanted));
    try {
      await this.#files.rename(from, to);
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (!(await mayReplace([to]))) return;
      await this.#files.rename(from, to, { replaces: "anything" });
    }
    await this.#options.onChange(wanted);
  }

  async remove(folder: string, { name, kind }: FileEntry): Promise<void> {
    const isSure = await confirmed({
      title: `Delete ${name}?`,
      text:
        kind === "directory"
          ? "The folder and everything in it is gone for good."
          : "It is gone for good.",
      action: "Delete",
    });
    if (!isSure) return;
    const { transfers, onChange } = this.#options;
    const path = inFolder(folder, name);
    try {
      await transfers.run(`Deleting ${name}`, ({ signal, onFiles }) =>
        this.#files.remove(path, { signal, onRemoved: onFiles }),
      );
    } finally {
      await onChange();
    }
  }

  /** Lets the visitor choose files to be copied into a folder. */
  chooseFiles(folder: string): void {
    this.#choose(folder, element("input", { type: "file", multiple: true }));
  }

  /** Lets the visitor choose a folder to be copied into another. */
  chooseFolder(folder: string): void {
    this.#choose(folder, element("input", { type: "file", webkitdirectory: true }));
  }

  /** Copies files and folders into a folder, once they are known. */
  async upload(folder: string, chosen: Promise<readonly LocalItem[]>): Promise<void> {
    const { transfers, onChange } = this.#options;
    const files = this.#files;
    const items = await chosen;
    if (items.length === 0) {
      const hint = "An empty folder can be dropped on the panel.";
      throw new TabnixError("invalid-input", "There is no file in it to upload.", hint);
    }
    try {
      await transfers.run(`Uploading ${titleOf(items)}`, (progress) =>
        upload({ files, folder, items, progress, mayReplace }),
      );
    } finally {
      await onChange();
    }
  }

  /** Hands a file, or a folder as an archive, to the visitor. */
  async download(path: string): Promise<void> {
    const { transfers, onError } = this.#options;
    const { name, content, leftOut } = await transfers.run(
      `Downloading ${nameOf(path)}`,
      (progress) => download(this.#files, path, progress),
    );
    saveBlob(name, content);
    if (leftOut === 0) return;
    const what = `${leftOut} devices, sockets or pipes are not in ${name}.`;
    onError(new TabnixError("unsupported", what, "They have no content to take along."));
  }

  edit(path: string): Promise<void> {
    const { onChange, onError } = this.#options;
    return openEditor({ files: this.#files, path, onSaved: () => void onChange(), onError });
  }

  get #files(): FileAccess {
    return this.#options.files();
  }

  #choose(folder: string, input: HTMLInputElement): void {
    input.addEventListener("change", () => {
      if (!input.files) return;
      const chosen = Promise.resolve(input.files).then(chosenItems);
      this.upload(folder, chosen).catch(this.#options.onError);
    });
    input.click();
  }
}

/** Asks before files are replaced. */
function mayReplace(paths: readonly string[]): Promise<boolean> {
  const names = paths.slice(0, LISTED).map(nameOf).join(", ");
  const more = paths.length > LISTED ? ` and ${paths.length - LISTED} more` : "";
  const [title, are] =
    paths.length === 1
      ? ["Replace the file?", "is there already. Its content is lost."]
      : [`Replace ${paths.length} files?`, "are there already. Their contents are lost."];
  return confirmed({ title, text: `${names}${more} ${are}`, action: "Replace" });
}

/** @throws TabnixError `invalid-input` */
function checkName(name: string): string {
  if (!name.includes("/")) return name;
  throw new TabnixError("invalid-input", "A name cannot have a slash.", "Choose another name.");
}

function isTaken(error: unknown): boolean {
  return error instanceof TabnixError && error.code === "exists";
}

function titleOf(items: readonly LocalItem[]): string {
  const [first] = items;
  return items.length === 1 && first ? nameOf(first.path) : `${items.length} files and folders`;
}
