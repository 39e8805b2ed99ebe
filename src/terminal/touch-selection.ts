import type { Terminal } from "@xterm/xterm";
import { type CellRange, wordNear } from "./word-at.ts";

/** Between the finger, or the edge of the terminal, and the menu, in CSS pixels. */
const GAP = 12;

export interface TouchSelectionOptions {
  terminal: Terminal;
  /** The element around the terminal, in which the menu appears. */
  host: HTMLElement;
  signal: AbortSignal;
  onCopy(): void;
}

/** Selects by touch, which xterm does not: a finger that rests takes a word, and more as it is dragged on. */
export class TouchSelection {
  readonly #options: TouchSelectionOptions;
  readonly #menu = document.createElement("div");
  /** What the finger took first. */
  #anchor: CellRange | undefined;
  #last: PointerEvent | undefined;

  constructor(options: TouchSelectionOptions) {
    this.#options = options;
    const { terminal, host, signal, onCopy } = options;
    this.#menu.className = "selection-menu";
    this.#menu.setAttribute("role", "toolbar");
    this.#menu.setAttribute("aria-label", "Selection");
    this.#menu.hidden = true;
    this.#menu.append(
      this.#button("Copy", () => {
        onCopy();
        terminal.clearSelection();
      }),
      this.#button("Select all", () => terminal.selectAll()),
    );
    host.append(this.#menu);
    const selection = terminal.onSelectionChange(() => {
      if (!terminal.hasSelection()) this.#menu.hidden = true;
    });
    signal.addEventListener("abort", () => selection.dispose());
  }

  /** @returns false where nothing can be selected */
  begin(at: PointerEvent): boolean {
    const { terminal } = this.#options;
    const cell = this.#cellAt(at);
    if (cell === undefined) return false;
    const word = wordNear(terminal.buffer.active, terminal.cols, cell);
    if (!word) return false;
    this.#anchor = word;
    this.#last = at;
    this.#select(word);
    return true;
  }

  /** Beyond the first or last row, what is there comes into view. */
  extend(at: PointerEvent): void {
    const { terminal } = this.#options;
    const { top, bottom } = this.#screen?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
    if (at.clientY < top) terminal.scrollLines(-1);
    if (at.clientY > bottom) terminal.scrollLines(1);
    const cell = this.#cellAt(at);
    const anchor = this.#anchor;
    if (cell === undefined || !anchor) return;
    this.#last = at;
    this.#select({ start: Math.min(anchor.start, cell), end: Math.max(anchor.end, cell + 1) });
  }

  /** The finger is lifted: what can be done with the selection is offered above it. */
  end(): void {
    const { host } = this.#options;
    const at = this.#last;
    if (!at) return;
    this.#menu.hidden = false;
    const around = host.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#menu;
    const within = (value: number, most: number) => Math.max(GAP, Math.min(value, most - GAP));
    const left = within(at.clientX - around.left - width / 2, around.width - width);
    const above = at.clientY - around.top - height - 2 * GAP;
    const top = above >= GAP ? above : at.clientY - around.top + 2 * GAP;
    this.#menu.style.left = `${left}px`;
    this.#menu.style.top = `${within(top, around.height - height)}px`;
  }

  get #screen(): Element | null | undefined {
    return this.#options.terminal.element?.querySelector(".xterm-screen");
  }

  /** The cell under a finger, or the nearest. */
  #cellAt({ clientX, clientY }: PointerEvent): number | undefined {
    const { terminal } = this.#options;
    const screen = this.#screen?.getBoundingClientRect();
    if (!screen || screen.width === 0 || screen.height === 0) return undefined;
    const { cols, rows, buffer } = terminal;
    const nearest = (part: number, count: number) =>
      Math.max(0, Math.min(count - 1, Math.floor(part * count)));
    const column = nearest((clientX - screen.left) / screen.width, cols);
    const row = nearest((clientY - screen.top) / screen.height, rows);
    return (buffer.active.viewportY + row) * cols + column;
  }

  #select({ start, end }: CellRange): void {
    const { terminal } = this.#options;
    terminal.select(start % terminal.cols, Math.floor(start / terminal.cols), end - start);
  }

  #button(label: string, act: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    // The keyboard stays as it is, and the terminal takes no tap for its own.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    for (const type of ["pointerdown", "mousedown", "touchend"]) {
      button.addEventListener(type, (event) => event.stopPropagation());
    }
    button.addEventListener("click", act);
    return button;
  }
}
