import { TabnixError } from "../../../workers/shared/errors.ts";
import { EDITOR_BYTES } from "../../../workers/shared/limits.ts";
import type { FileAccess, Replaceable } from "../../file-access.ts";
import { confirmed } from "../confirm-dialog.ts";
import { openDialog } from "../dialog.ts";
import { button, element } from "../element.ts";
import { formatBytes } from "../format.ts";
import { contentOf, type TextContent, textOf } from "./text-content.ts";

export interface EditorOptions {
  files: FileAccess;
  path: string;
  onSaved(): void;
  onError(error: unknown): void;
}

/** Opens a text file in a dialog. @throws TabnixError when it is none, or too large */
export async function openEditor(options: EditorOptions): Promise<void> {
  const { files, path } = options;
  const status = await files.status(path);
  if (status.size > EDITOR_BYTES) {
    throw new TabnixError(
      "invalid-input",
      `${path} is larger than ${formatBytes(EDITOR_BYTES)}, too large for this editor.`,
      "Download it, or edit it in the terminal.",
    );
  }
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of files.read(path)) pieces.push(piece);
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  new Editor(options, textOf(path, bytes), status).open();
}

class Editor {
  readonly #options: EditorOptions;
  readonly #field = element("textarea", {
    class: "editor-text",
    spellcheck: "false",
    autocapitalize: "off",
    wrap: "off",
  });
  readonly #state = element("output", { class: "editor-state", "aria-live": "polite" });
  readonly #lineEnd: TextContent["lineEnd"];
  /** What is in the file. */
  #saved: string;
  /** The file as it was read or last saved. */
  #version: Exclude<Replaceable, string>;
  #isSaving = false;
  #dialog: HTMLDialogElement | undefined;

  constructor(
    options: EditorOptions,
    { text, lineEnd }: TextContent,
    version: Exclude<Replaceable, string>,
  ) {
    this.#options = options;
    this.#saved = text;
    this.#lineEnd = lineEnd;
    this.#version = version;
  }

  open(): void {
    const { path } = this.#options;
    this.#field.value = this.#saved;
    this.#field.setAttribute("aria-label", `Content of ${path}`);
    this.#field.addEventListener("input", () => this.#showState());
    const dialog = openDialog(
      path,
      this.#field,
      element(
        "div",
        { class: "actions" },
        this.#state,
        button({ label: "Save", class: "button primary", onPress: () => void this.#save() }),
      ),
    );
    this.#dialog = dialog;
    dialog.classList.add("editor");
    dialog.addEventListener("keydown", (event) => {
      const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
      if (key.toLowerCase() !== "s" || !(ctrlKey || metaKey) || shiftKey || altKey) return;
      event.preventDefault();
      void this.#save();
    });
    dialog.addEventListener("cancel", (event) => {
      if (!this.#isChanged) return;
      event.preventDefault();
      void this.#leave();
    });
    this.#field.focus();
    this.#field.setSelectionRange(0, 0);
  }

  get #isChanged(): boolean {
    return this.#field.value !== this.#saved;
  }

  async #leave(): Promise<void> {
    const leaves = await confirmed({
      title: "Close without saving?",
      text: "What was changed in the editor is lost.",
      action: "Close without saving",
    });
    if (leaves) this.#dialog?.close();
  }

  async #save(replaces: Replaceable = this.#version): Promise<void> {
    if (this.#isSaving) return;
    this.#isSaving = true;
    const { files, path, onSaved, onError } = this.#options;
    const text = this.#field.value;
    let isOutdated = false;
    try {
      const content = contentOf({ text, lineEnd: this.#lineEnd });
      this.#version = await files.write(path, content, { replaces });
      this.#saved = text;
      onSaved();
    } catch (error) {
      isOutdated = error instanceof TabnixError && error.code === "changed";
      if (!isOutdated) onError(error);
    }
    this.#isSaving = false;
    this.#showState();
    if (isOutdated) await this.#askToReplace();
  }

  async #askToReplace(): Promise<void> {
    const replaces = await confirmed({
      title: "Changed meanwhile",
      text: `${this.#options.path} was changed or deleted on the machine since it was opened here. Saving replaces what is there now.`,
      action: "Save all the same",
    });
    if (replaces) await this.#save("anything");
  }

  #showState(): void {
    this.#state.value = this.#isChanged ? "Not saved yet" : "Saved";
  }
}
