import { ClipboardAddon } from "@xterm/addon-clipboard";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { SerializeAddon } from "@xterm/addon-serialize";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type ITheme, Terminal } from "@xterm/xterm";
import type { TerminalSession } from "../computer.ts";
import { guestClipboard } from "./clipboard.ts";
import { encodeSpecialKey, type SpecialKey } from "./key-encoding.ts";
import { openLink } from "./links.ts";
import { useWebgl } from "./renderer.ts";
import { isApple, type OuterAction, shortcutOf } from "./shortcuts.ts";
import type { StickyModifiers } from "./sticky-modifiers.ts";
import { TextInput } from "./text-input.ts";
import { followTouch } from "./touch-gestures.ts";
import { scrollByDrag } from "./touch-scroll.ts";
import { TouchSelection } from "./touch-selection.ts";
import { TypedCommands } from "./typed-commands.ts";

/** Lines kept above the screen; about 15 MB of memory when they are full and 100 columns wide. */
const SCROLLBACK_LINES = 10_000;
/** WCAG 2.2 AA for text; xterm moves a program's colours until they reach it. */
const MINIMUM_CONTRAST = 4.5;
const FONT =
  'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
const LINE_HEIGHT = 1.2;
/** Read out when the terminal gets the focus, which by Tab alone nobody takes away from it (WCAG 2.2, 2.1.2). */
const WAY_OUT = "Tab goes to the shell. Ctrl+Shift+X leaves the terminal.";

/** How a terminal looks and is typed at; may change at any time. */
export interface TerminalAppearance {
  theme: ITheme;
  /** CSS pixels. */
  fontSize: number;
  /** Output is mirrored for assistive technology, at some cost of speed. */
  screenReader: boolean;
  /** The visitor types on the screen. */
  softKeyboard: boolean;
}

export interface TerminalViewOptions {
  appearance: TerminalAppearance;
  modifiers: StickyModifiers;
  /** The visitor looks on: nothing that is typed or pasted reaches the shell. */
  readOnly?: boolean;
  onShortcut(action: OuterAction): void;
  /** The visitor wants what is selected in the clipboard. */
  onCopy(text: string): void;
  onTitle(title: string): void;
  onBell(): void;
  /** Something was typed or pasted, and sent. */
  onInput(): void;
  /** The shell has ended and the visitor asked for a new one. */
  onReopen(): void;
  /** A command that is to be typed has no prompt to be typed at. */
  onNoPrompt(command: string): void;
}

/** The element around a terminal. Tests and scripts read its buffer through `terminal`. */
export type TerminalHost = HTMLDivElement & { readonly terminal: Terminal };

/** One terminal on the screen, and the session behind it. */
export class TerminalView {
  readonly element: TerminalHost;
  readonly search = new SearchAddon();
  readonly #options: TerminalViewOptions;
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #serialize = new SerializeAddon();
  readonly #observer = new ResizeObserver(() => this.fit());
  readonly #listeners = new AbortController();
  #input: TextInput | undefined;
  #session: TerminalSession | undefined;
  #commands: TypedCommands | undefined;
  #ended = false;

  constructor(options: TerminalViewOptions) {
    this.#options = options;
    this.#terminal = new Terminal({
      allowProposedApi: true,
      disableStdin: options.readOnly === true,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: FONT,
      lineHeight: LINE_HEIGHT,
      linkHandler: { activate: openLink },
      macOptionIsMeta: true,
      minimumContrastRatio: MINIMUM_CONTRAST,
      rightClickSelectsWord: true,
      scrollback: SCROLLBACK_LINES,
    });
    this.element = Object.assign(document.createElement("div"), { terminal: this.#terminal });
    this.element.className = "terminal-host";
  }

  /** Puts the terminal on the screen. The element must be in the document and visible. */
  open(): void {
    const terminal = this.#terminal;
    const { modifiers, onShortcut, onTitle, onBell, appearance } = this.#options;
    terminal.loadAddon(new Unicode11Addon());
    terminal.unicode.activeVersion = "11";
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.search);
    terminal.loadAddon(this.#serialize);
    terminal.loadAddon(new WebLinksAddon(openLink));
    terminal.loadAddon(new ClipboardAddon(undefined, guestClipboard));
    this.setAppearance(appearance);
    terminal.open(this.element);
    const { signal } = this.#listeners;
    void useWebgl({ terminal, host: this.element, signal, onFallback: () => this.fit() });
    this.#input = new TextInput({
      terminal,
      host: this.element,
      send: (data) => this.#send(modifiers.apply(data)),
    });
    this.#input.softKeyboard = appearance.softKeyboard;
    terminal.textarea?.setAttribute("aria-description", WAY_OUT);
    terminal.onData((data) => this.#send(modifiers.apply(data)));
    terminal.onBinary((data) => this.#session?.write(bytesOf(data)));
    terminal.onResize(({ rows, cols }) => this.#session?.resize(rows, cols));
    terminal.onTitleChange(onTitle);
    terminal.onBell(onBell);
    terminal.attachCustomKeyEventHandler((event) => {
      const action = shortcutOf(event, isApple(navigator.platform));
      if (action === undefined) return true;
      if (action.type !== "paste") event.preventDefault();
      if (event.type !== "keydown") return false;
      if (action.type === "copy") this.#copy();
      else onShortcut(action);
      return false;
    });
    this.#followTouch(signal);
    this.fit();
    this.#observer.observe(this.element);
  }

  /** The size a session should have. */
  get size(): { rows: number; columns: number } {
    return { rows: this.#terminal.rows, columns: this.#terminal.cols };
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  /** Joins the terminal with a shell. */
  attach(session: TerminalSession): void {
    this.#session = session;
    this.#ended = false;
    session.onOutput = (bytes, drawn) => this.#terminal.write(bytes, drawn);
    session.onExit = (status) => this.#end(status);
  }

  /** Types commands, each when there is a prompt. They are not what a visitor has typed. */
  runCommands(commands: readonly string[]): void {
    this.#commands?.dispose();
    this.#commands = new TypedCommands({
      terminal: this.#terminal,
      commands,
      send: (data) => this.#session?.write(data),
      onWaiting: this.#options.onNoPrompt,
    });
  }

  /** Says something in grey below the cursor's line, where a program does not have the whole screen. */
  note(text: string): void {
    if (this.#terminal.buffer.active.type !== "normal") return;
    this.#terminal.write(`\r\n\x1b[0;90m${text}\x1b[0m\r\n`);
  }

  setAppearance(appearance: TerminalAppearance): void {
    const { options } = this.#terminal;
    options.theme = appearance.theme;
    options.fontSize = appearance.fontSize;
    options.screenReaderMode = appearance.screenReader;
    this.element.style.backgroundColor = appearance.theme.background ?? "";
    if (this.#input !== undefined) this.#input.softKeyboard = appearance.softKeyboard;
    if (this.element.isConnected) this.fit();
  }

  /** Makes rows and columns follow the element's size. Does nothing while it is hidden. */
  fit(): void {
    if (this.element.clientWidth === 0 || this.element.clientHeight === 0) return;
    this.#fit.fit();
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Gives the focus away; Tab goes on from here. */
  blur(): void {
    this.#terminal.blur();
  }

  /** Pastes as the keyboard shortcut does, bracketed when the program asks for it. */
  paste(text: string): void {
    this.#terminal.paste(text);
  }

  /** Types a key that is not text, with the sticky modifiers. */
  pressKey(key: SpecialKey): void {
    const { applicationCursorKeysMode } = this.#terminal.modes;
    this.#send(encodeSpecialKey(key, this.#options.modifiers.take(), applicationCursorKeysMode));
  }

  /** Types one character, with the sticky modifiers. */
  type(character: string): void {
    this.#send(this.#options.modifiers.apply(character));
  }

  /** The scrollback and the screen as an HTML document, colours included. */
  toHtml(): string {
    return this.#serialize.serializeAsHTML({ includeGlobalBackground: true });
  }

  /** Hangs up and frees everything. */
  dispose(): void {
    if (!this.#ended) this.#session?.close();
    this.#session = undefined;
    this.#commands?.dispose();
    this.#observer.disconnect();
    this.#listeners.abort();
    this.#input?.dispose();
    this.#terminal.dispose();
    this.element.remove();
  }

  #followTouch(signal: AbortSignal): void {
    const terminal = this.#terminal;
    const host = this.element;
    const selection = new TouchSelection({ terminal, host, signal, onCopy: () => this.#copy() });
    followTouch(host, signal, {
      onDrag: (at, from) => scrollByDrag(terminal, at, from),
      onHold: (at) => selection.begin(at),
      onHeldDrag: (at) => selection.extend(at),
      onRelease: () => selection.end(),
    });
  }

  #copy(): void {
    const { selection } = this;
    if (selection !== "") this.#options.onCopy(selection);
  }

  #send(data: string): void {
    if (this.#options.readOnly) return;
    if (this.#ended) {
      if (data.includes("\r")) this.#options.onReopen();
      return;
    }
    this.#session?.write(data);
    this.#options.onInput();
  }

  #end(status: number): void {
    this.#ended = true;
    this.#commands?.end();
    const text = `[process ended with status ${status} — press Enter to open a new one]`;
    this.#terminal.write(`\r\n\x1b[0;90m${text}\x1b[0m\r\n`);
  }
}

/** Bytes of xterm's binary strings, one a UTF-16 unit: old mouse reports are not UTF-8. */
function bytesOf(data: string): Uint8Array {
  return Uint8Array.from(data, (unit) => unit.charCodeAt(0));
}
