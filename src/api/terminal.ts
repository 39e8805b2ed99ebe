/** A terminal of a sandbox in a page; loaded when the first one is shown. */
import type { ITheme } from "@xterm/xterm";
import xtermRules from "@xterm/xterm/css/xterm.css?inline";
import { TabnixError } from "../../workers/shared/errors.ts";
import type { TerminalSession } from "../computer.ts";
import { copyText } from "../terminal/clipboard.ts";
import { DARK, LIGHT } from "../terminal/colors.ts";
import { StickyModifiers } from "../terminal/sticky-modifiers.ts";
import viewRules from "../terminal/terminal-view.css?inline";
import { TerminalView } from "../terminal/terminal-view.ts";

/** CSS pixels. */
const FONT_SIZE = 14;

export interface TerminalOptions {
  /** Colours: `dark` unless given, or xterm's own description. */
  theme?: "dark" | "light" | ITheme;
  /** Of the letters, in CSS pixels; 14 unless given. */
  fontSize?: number;
  /** Mirrors the output for assistive technology, at some cost of speed. */
  screenReader?: boolean;
  /** Told of the title that a program gives it. */
  onTitle?: (title: string) => void;
}

/** What a terminal needs of its sandbox. */
export interface TerminalHost {
  /** @throws TabnixError */
  open(size: { rows: number; columns: number }): TerminalSession;
  /** Ends with the sandbox. */
  closing: AbortSignal;
}

export class SandboxTerminal implements Disposable {
  readonly #view: TerminalView;

  /** @throws TabnixError `invalid-input` when there is no such element in the document, or too many are open */
  constructor(element: HTMLElement, options: TerminalOptions, { open, closing }: TerminalHost) {
    if (!(element instanceof HTMLElement) || !element.isConnected) {
      throw new TabnixError(
        "invalid-input",
        "A terminal needs an element that is in the document.",
        "Append it first, and give it a size.",
      );
    }
    const { theme = "dark", fontSize = FONT_SIZE, screenReader = false } = options;
    const colors = theme === "dark" ? DARK : theme === "light" ? LIGHT : theme;
    const view = new TerminalView({
      appearance: { theme: colors, fontSize, screenReader, softKeyboard: false },
      modifiers: new StickyModifiers(),
      onShortcut: ({ type }) => {
        if (type === "leave-terminal") view.blur();
      },
      onCopy: (text) => void copyText(text).catch(({ message }) => view.note(`[${message}]`)),
      onTitle: (title) => options.onTitle?.(title),
      onBell: () => {},
      onInput: () => {},
      onReopen: () => view.attach(open(view.size)),
      // No commands are given to it.
      onNoPrompt: () => {},
    });
    this.#view = view;
    addStyles(element.getRootNode());
    element.append(view.element);
    try {
      view.open();
      view.attach(open(view.size));
    } catch (error) {
      view.dispose();
      throw error;
    }
    closing.addEventListener("abort", () => view.dispose(), { once: true });
  }

  /** Puts the keyboard's focus into it. */
  focus(): void {
    this.#view.focus();
  }

  /** Types text, as if the keyboard did. */
  paste(text: string): void {
    this.#view.paste(text);
  }

  /** Hangs up and takes it out of the page. */
  [Symbol.dispose](): void {
    this.#view.dispose();
  }

  /** As `using` does. */
  dispose(): void {
    this.#view.dispose();
  }
}

let styles: CSSStyleSheet | undefined;

/** Gives a document or a shadow tree the rules of terminals, once. A file of them would have to be found first. */
function addStyles(root: Node): void {
  if (!(root instanceof Document || root instanceof ShadowRoot)) return;
  if (!styles) {
    styles = new CSSStyleSheet();
    styles.replaceSync(xtermRules + viewRules);
  }
  if (!root.adoptedStyleSheets.includes(styles)) root.adoptedStyleSheets.push(styles);
}
