/** A visitor at the shell of a real machine: types lines, and reads what they print. */
import type { Page } from "@playwright/test";
import { expect } from "./engines.ts";
import { terminalText } from "./scripted-page.ts";

const PROMPT = /root@\S+:\S+# ?$/;

export interface Outcome {
  /** What the line printed, without empty lines at the end. */
  output: string;
  status: number;
}

export class Shell {
  private readonly page: Page;
  private lines = 0;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens a page on an image and waits for its prompt. */
  static async open(page: Page, image: string): Promise<Shell> {
    const shell = new Shell(page);
    await page.goto(`./?image=${image}`);
    await shell.prompt();
    return shell;
  }

  /** Waits for a prompt at the end of the terminal that is shown. */
  async prompt(): Promise<void> {
    await expect(this.page.locator(".panel:not([hidden]) .terminal-host")).toBeVisible();
    await expect.poll(() => terminalText(this.page)).toMatch(PROMPT);
  }

  /** Types text and Enter. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press("Enter");
  }

  /**
   * Runs a line on an empty screen. The line that ends its output is computed by the shell, so that
   * the typed line cannot be taken for it.
   */
  async run(line: string): Promise<Outcome> {
    this.lines += 1;
    await this.type(`clear; ${line}; echo "[$? of $((${this.lines}+0))]"`);
    const end = new RegExp(`\\[(\\d+) of ${this.lines}\\]\\n[^\\n]*# ?$`);
    await expect.poll(() => terminalText(this.page)).toMatch(end);
    const text = await terminalText(this.page);
    return { output: text.replace(end, "").trimEnd(), status: Number(end.exec(text)?.[1]) };
  }

  /**
   * The exit status of the line before, whatever ended it. Waits for the prompt that follows: BusyBox
   * asks the terminal at each prompt where its cursor is, and the answer to a shell that has the next
   * line already is shown amid what that line prints.
   */
  async lastStatus(): Promise<number> {
    await this.type("echo status $?");
    const answer = /\nstatus (\d+)\n\S+# ?$/;
    await expect.poll(() => terminalText(this.page)).toMatch(answer);
    return Number(answer.exec(await terminalText(this.page))?.[1]);
  }

  /** What a line prints; the line must succeed. */
  async output(line: string): Promise<string> {
    const { output, status } = await this.run(line);
    expect(status, `${line}\n${output}`).toBe(0);
    return output;
  }
}
