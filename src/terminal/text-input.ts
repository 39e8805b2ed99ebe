import type { Terminal } from "@xterm/xterm";
import { CompositionView } from "./composition-view.ts";
import { DELETE_FORWARD, RUB_OUT } from "./key-encoding.ts";
import { textDifference } from "./text-difference.ts";

/** `keyCode` of a keydown whose text comes later, by `input` (UI Events, section 8.3.1). */
const KEY_CODE_OF_INPUT_METHOD = 229;
/**
 * What stands in the textarea while a soft keyboard is used and nothing has been typed: without it a
 * phone's backspace has nothing to delete and fires no event.
 */
const FILLER = " ";
/** Longest text kept for the soft keyboard's suggestions, in UTF-16 units. */
const MAXIMUM_CONTEXT = 200;
/** Keys that by themselves put nothing into a textarea. */
const MODIFIER_KEYS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock"]);
/** Changes that have no meaning at a shell. */
const REFUSED = new Set(["historyUndo", "historyRedo", "insertFromYank"]);

export interface TextInputOptions {
  terminal: Terminal;
  /** The element around the terminal: events are taken here before xterm sees them. */
  host: HTMLElement;
  /** Sends to the shell. */
  send(data: string): void;
}

/**
 * Text that does not come from plain key presses: input methods, phone keyboards, predictions,
 * autocorrection, dictation, emoji pickers. Instead of guessing from events, which differ between
 * keyboards, it compares the textarea before and after each `input` (Input Events Level 2) and sends
 * the difference. Real key presses stay with xterm.
 *
 * A soft keyboard composes each word, so there composition is typed as it grows; with an input
 * method on a desk it is drawn over the cursor and sent when it ends.
 */
export class TextInput {
  readonly #options: TextInputOptions;
  readonly #textarea: HTMLTextAreaElement;
  readonly #view: CompositionView;
  readonly #listeners = new AbortController();
  #softKeyboard = false;
  #composing = false;
  /** True from a real key press to its end: what it puts into the textarea was sent by xterm. */
  #keyPressed = false;
  /** What the textarea held when the shell was last up to date. */
  #sent = "";

  /** @throws TypeError when the terminal has not been opened. */
  constructor(options: TextInputOptions) {
    const { textarea } = options.terminal;
    if (textarea === undefined) throw new TypeError("open the terminal before its text input");
    this.#options = options;
    this.#textarea = textarea;
    this.#view = new CompositionView(options.terminal);
    for (const attribute of ["autocapitalize", "autocorrect", "autocomplete"]) {
      textarea.setAttribute(attribute, "off");
    }
    textarea.setAttribute("spellcheck", "false");
    textarea.setAttribute("enterkeyhint", "enter");
    this.#listen();
  }

  /** True when the visitor types on a screen. */
  set softKeyboard(softKeyboard: boolean) {
    this.#softKeyboard = softKeyboard;
    this.#forget();
  }

  dispose(): void {
    this.#listeners.abort();
  }

  #listen(): void {
    const { host } = this.#options;
    const { signal } = this.#listeners;
    const capture = { capture: true, signal };
    host.addEventListener("keydown", (event) => this.#keyDown(event), capture);
    host.addEventListener("keyup", () => this.#keyUp(), capture);
    host.addEventListener("focusin", () => this.#forget(), { signal });
    host.addEventListener("beforeinput", (event) => this.#beforeInput(event), capture);
    host.addEventListener("input", (event) => this.#input(event), capture);
    host.addEventListener("compositionstart", (event) => this.#compositionStart(event), capture);
    host.addEventListener("compositionupdate", (event) => this.#compositionUpdate(event), capture);
    host.addEventListener("compositionend", (event) => this.#compositionEnd(event), capture);
  }

  #isOurs(event: Event): boolean {
    return event.target === this.#textarea;
  }

  #keyDown(event: KeyboardEvent): void {
    if (!this.#isOurs(event)) return;
    const isText =
      event.isComposing ||
      event.keyCode === KEY_CODE_OF_INPUT_METHOD ||
      event.key === "Unidentified";
    // A keyup can get lost when a shortcut of the system opens its emoji picker.
    this.#keyPressed = !isText && !event.metaKey && !MODIFIER_KEYS.has(event.key);
    if (isText) event.stopPropagation();
    else this.#forget();
  }

  #keyUp(): void {
    this.#keyPressed = false;
  }

  #beforeInput(event: InputEvent): void {
    if (!this.#isOurs(event) || this.#keyPressed) return;
    const { terminal, send } = this.#options;
    const { inputType } = event;
    const value = this.#textarea.value;
    const nothingToDelete = value === "" && inputType.startsWith("delete");
    if (inputType === "insertFromPaste" || inputType === "insertFromDrop") {
      event.preventDefault();
      terminal.paste(event.data ?? event.dataTransfer?.getData("text/plain") ?? "");
    } else if (inputType.startsWith("delete") && inputType.endsWith("Forward")) {
      event.preventDefault();
      send(DELETE_FORWARD);
    } else if (nothingToDelete && inputType.endsWith("Backward")) {
      event.preventDefault();
      send(RUB_OUT);
    } else if (REFUSED.has(inputType)) {
      event.preventDefault();
    } else if (!this.#composing || this.#softKeyboard) {
      this.#sent = value;
    }
  }

  #input(event: Event): void {
    if (!this.#isOurs(event)) return;
    event.stopPropagation();
    if (this.#keyPressed) {
      this.#keyPressed = false;
      this.#sent = this.#textarea.value;
      return;
    }
    if (!this.#composing || this.#softKeyboard) this.#sendDifference();
    if (!this.#composing) this.#trim();
  }

  #compositionStart(event: CompositionEvent): void {
    if (!this.#isOurs(event)) return;
    event.stopPropagation();
    this.#composing = true;
    this.#sent = this.#textarea.value;
  }

  #compositionUpdate(event: CompositionEvent): void {
    if (!this.#isOurs(event)) return;
    event.stopPropagation();
    if (!this.#softKeyboard) this.#view.show(event.data);
  }

  #compositionEnd(event: CompositionEvent): void {
    if (!this.#isOurs(event)) return;
    event.stopPropagation();
    this.#composing = false;
    this.#view.show("");
    this.#sendDifference();
  }

  /** Brings the shell up to date with the textarea. */
  #sendDifference(): void {
    const { terminal, send } = this.#options;
    const value = this.#textarea.value;
    const { remove, insert } = textDifference(this.#sent, value);
    this.#sent = value;
    if (remove > 0) send(RUB_OUT.repeat(remove));
    if (insert === "\n") send("\r");
    else if (insert.includes("\n")) terminal.paste(insert);
    else if (insert !== "") send(insert);
  }

  /** Starts anew after a line, and when the soft keyboard has more context than it needs. */
  #trim(): void {
    const value = this.#textarea.value;
    const isStale = value.endsWith("\n") || value.length > MAXIMUM_CONTEXT || value === "";
    if (isStale || !this.#softKeyboard) this.#forget();
  }

  /** The cursor of the shell has moved: what stands in the textarea no longer tells of it. */
  #forget(): void {
    if (this.#composing) return;
    const filler = this.#softKeyboard ? FILLER : "";
    if (this.#textarea.value !== filler && !this.#options.terminal.options.screenReaderMode) {
      this.#textarea.value = filler;
    }
    this.#sent = this.#textarea.value;
  }
}
