import type { Terminal } from "@xterm/xterm";

/**
 * Text under composition by an input method, drawn over the cursor before the shell is sent any of
 * it. The textarea moves there too, so that the candidate window opens in the right place.
 */
export class CompositionView {
  readonly #terminal: Terminal;
  readonly #element = document.createElement("div");

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#element.className = "composition";
    this.#element.hidden = true;
    this.#element.setAttribute("aria-hidden", "true");
    terminal.element?.querySelector(".xterm-screen")?.append(this.#element);
  }

  /** Shows `text` at the cursor; an empty text hides the view. */
  show(text: string): void {
    const { cols, rows, buffer, options, textarea } = this.#terminal;
    const screen = this.#element.parentElement;
    this.#element.hidden = text === "" || screen === null;
    if (this.#element.hidden || screen === null) return;
    const cellWidth = screen.clientWidth / cols;
    const cellHeight = screen.clientHeight / rows;
    const { style } = this.#element;
    this.#element.textContent = text;
    style.left = `${Math.min(buffer.active.cursorX, cols - 1) * cellWidth}px`;
    style.top = `${buffer.active.cursorY * cellHeight}px`;
    style.font = `${options.fontSize}px/${cellHeight}px ${options.fontFamily}`;
    if (textarea === undefined) return;
    textarea.style.left = style.left;
    textarea.style.top = style.top;
    textarea.style.height = `${cellHeight}px`;
    textarea.style.lineHeight = `${cellHeight}px`;
  }
}
