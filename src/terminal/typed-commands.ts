/** Types commands for somebody who is not there: each at a prompt of the shell, when the one before has ended. */
import type { IDisposable, Terminal } from "@xterm/xterm";
import { SETUP_PROMPT_MS } from "../../workers/shared/limits.ts";

/** What a shell asks for where the cursor is: the parameter of DSR (ECMA-48, 8.3.35). */
const CURSOR_POSITION = 6;

/** How shells end their prompts: those of Debian and BusyBox, and what people like in place of it. */
const PROMPT = /[$#❯➜] $/u;

/** Whether what stands before the cursor in its line is a shell's prompt. */
export function isPrompt(line: string): boolean {
  return PROMPT.test(line);
}

export interface TypedCommandsOptions {
  terminal: Terminal;
  commands: readonly string[];
  send(data: string): void;
  /** This command waits for a prompt that does not come. */
  onWaiting(command: string): void;
}

export class TypedCommands {
  readonly #options: TypedCommandsOptions;
  readonly #waiting: string[];
  readonly #listeners: IDisposable[];
  readonly #patience: ReturnType<typeof setTimeout>;
  /** The line with the last command has been left: what looks like a prompt is another one. */
  #isNewLine = true;

  constructor(options: TypedCommandsOptions) {
    this.#options = options;
    this.#waiting = [...options.commands];
    const { terminal } = options;
    this.#listeners = [
      terminal.onLineFeed(() => {
        this.#isNewLine = true;
        if (this.#waiting.length === 0) this.dispose();
      }),
      // BusyBox asks at each prompt. An answer to one that has its command already would be shown amid what
      // that prints; the shell does without.
      terminal.parser.registerCsiHandler(
        { final: "n" },
        ([parameter]) => !this.#isNewLine && parameter === CURSOR_POSITION,
      ),
      terminal.onWriteParsed(() => this.#look()),
    ];
    // Only for the first: a command may take as long as it likes.
    this.#patience = setTimeout(() => this.#tell(), SETUP_PROMPT_MS);
    if (this.#waiting.length === 0) this.dispose();
  }

  /** The shell has ended; tells of a command that never had its turn. */
  end(): void {
    this.#tell();
    this.dispose();
  }

  dispose(): void {
    clearTimeout(this.#patience);
    this.#waiting.length = 0;
    for (const listener of this.#listeners) listener.dispose();
  }

  #tell(): void {
    const [command] = this.#waiting;
    if (command !== undefined) this.#options.onWaiting(command);
  }

  #look(): void {
    const { terminal, send } = this.#options;
    const { active } = terminal.buffer;
    if (!this.#isNewLine || active.type !== "normal") return;
    const line = active.getLine(active.baseY + active.cursorY);
    if (!isPrompt(line?.translateToString(false, 0, active.cursorX) ?? "")) return;
    const command = this.#waiting.shift();
    if (command === undefined) return;
    this.#isNewLine = false;
    clearTimeout(this.#patience);
    send(`${command}\r`);
  }
}
