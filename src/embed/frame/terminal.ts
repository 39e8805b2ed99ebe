/** The one terminal of a frame. Loaded when the machine starts. */
import "@xterm/xterm/css/xterm.css";
import { EMBED_MAX_HEIGHT, EMBED_MIN_HEIGHT } from "../../../workers/shared/limits.ts";
import { button } from "../../app/element.ts";
import type { Computer } from "../../computer.ts";
import { copyText } from "../../terminal/clipboard.ts";
import { StickyModifiers } from "../../terminal/sticky-modifiers.ts";
import { TerminalView } from "../../terminal/terminal-view.ts";
import type { Colors } from "./colors.ts";

/** CSS pixels. */
const FONT_SIZE = 14;

export interface EmbedTerminalOptions {
  root: HTMLElement;
  colors: Colors;
  readOnly: boolean;
  openSession: Computer["openTerminal"];
  /** Of what it shows, within the bounds of a frame, when that grows. */
  onHeight(height: number): void;
}

export class EmbedTerminal {
  readonly #options: EmbedTerminalOptions;
  readonly #view: TerminalView;
  /** Shown when the keyboard gets to it: nothing tells whether there is a screen reader. */
  readonly #reader = button({
    label: "Screen reader mode",
    class: "button reader-switch",
    onPress: () => this.#switchReader(),
  });
  #isRead = false;
  #height = 0;

  constructor(options: EmbedTerminalOptions) {
    const { root, readOnly } = options;
    this.#options = options;
    this.#view = new TerminalView({
      appearance: this.#appearance,
      modifiers: new StickyModifiers(),
      readOnly,
      onShortcut: ({ type }) => {
        // Otherwise the keyboard would never come back to the page around.
        if (type === "leave-terminal") this.#view.blur();
      },
      onCopy: (text) => void copyText(text).catch(({ message }) => this.#view.note(`[${message}]`)),
      onTitle: () => {},
      onBell: () => {},
      onInput: () => {},
      onReopen: () => this.#attach(),
      onNoPrompt: (command) => this.#view.note(`[no prompt yet for: ${command}]`),
    });
    this.#reader.setAttribute("aria-pressed", "false");
    root.replaceChildren(this.#reader, this.#view.element);
    this.#view.open();
    options.colors.onChange(() => this.#view.setAppearance(this.#appearance));
    this.#view.element.terminal.onWriteParsed(() => this.#measure());
  }

  /** Opens a shell, and types these commands at its prompts. */
  run(commands: readonly string[]): void {
    this.#attach();
    this.#view.runCommands(commands);
  }

  focus(): void {
    this.#view.focus();
  }

  dispose(): void {
    this.#view.dispose();
  }

  get #appearance() {
    const theme = this.#options.colors.terminal;
    return { theme, fontSize: FONT_SIZE, screenReader: this.#isRead, softKeyboard: false };
  }

  #switchReader(): void {
    this.#isRead = !this.#isRead;
    this.#reader.setAttribute("aria-pressed", String(this.#isRead));
    this.#view.setAppearance(this.#appearance);
  }

  #attach(): void {
    this.#view.attach(this.#options.openSession(this.#view.size));
  }

  /** It never shrinks: what is around it would jump. A program that has the whole screen gets the most. */
  #measure(): void {
    const { element } = this.#view;
    const { buffer, rows } = element.terminal;
    const { type, baseY, cursorY } = buffer.active;
    const row = (element.querySelector(".xterm-screen")?.clientHeight ?? 0) / rows;
    const around = document.documentElement.clientHeight - element.clientHeight;
    const wanted = type === "normal" ? Math.ceil((baseY + cursorY + 2) * row) + around : Infinity;
    const height = Math.min(EMBED_MAX_HEIGHT, Math.max(EMBED_MIN_HEIGHT, wanted));
    if (height <= this.#height) return;
    this.#height = height;
    this.#options.onHeight(height);
  }
}
