/** A terminal of a sandbox in a page; loaded when the first one is shown. */
import "@xterm/xterm/css/xterm.css";
import type { ITheme } from "@xterm/xterm";
import "../terminal/terminal-view.css";
import { TabnixError } from "../../workers/shared/errors.ts";
import type { TerminalSession } from "../computer.ts";
import { DARK, LIGHT } from "../terminal/colors.ts";
import { StickyModifiers } from "../terminal/sticky-modifiers.ts";
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
      onShortcut: () => {},
      onTitle: (title) => options.onTitle?.(title),
      onBell: () => {},
      onInput: () => {},
      onReopen: () => view.attach(open(view.size)),
      // No commands are given to it.
      onNoPrompt: () => {},
    });
    this.#view = view;
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
