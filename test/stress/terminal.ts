/** The machine's terminal as a test holds it, also in tabs that are not in front. */
import type { Page } from "@playwright/test";
import type { TerminalHost } from "../../src/terminal/terminal-view.ts";

/** What a tab shows. */
export interface Screen {
  kind: "prompt" | "terminal" | "busy" | "failure" | "other";
  /** The terminal's lines, or what the page shows instead. */
  text: string;
  /** Where the status bar says that files are. */
  storage: string;
}

export function look(page: Page): Promise<Screen> {
  return page.evaluate(() => {
    const storage =
      [...document.querySelectorAll(".status-item")]
        .find((item) => item.textContent?.startsWith("Storage"))
        ?.textContent?.slice("Storage ".length) ?? "";
    const screen = document.querySelector(".screen");
    const host = document.querySelector<TerminalHost>(".panel:not([hidden]) .terminal-host");
    if (screen || !host) {
      const kind = (["busy", "failure"] as const).find((name) => screen?.classList.contains(name));
      return { kind: kind ?? "other", text: document.body.textContent ?? "", storage };
    }
    const { active } = host.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, i) => active.getLine(i));
    const text = lines
      .map((line) => line?.translateToString(true) ?? "")
      .join("\n")
      .trimEnd();
    return { kind: /# ?$/.test(text) ? "prompt" : "terminal", text, storage };
  });
}

/** Types a line and Enter. */
export function type(page: Page, line: string): Promise<void> {
  return page.evaluate((text) => {
    const host = document.querySelector<TerminalHost>(".panel:not([hidden]) .terminal-host");
    if (!host) throw new Error("no terminal is shown");
    host.terminal.input(text);
  }, `${line}\r`);
}

/** Presses a button of the screen that another tab's machine leads to. */
export function pressBusy(page: Page, button: "take" | "fresh"): Promise<void> {
  return page.evaluate((wanted) => {
    const found = document.querySelector<HTMLElement>(
      wanted === "take" ? ".busy .primary" : ".busy button:not(.primary)",
    );
    if (!found) throw new Error("no other tab has the files");
    found.click();
  }, button);
}

/** Calls the page's `report` for each line that the terminal gets from now on. */
export function reportLines(page: Page): Promise<void> {
  return page.evaluate(() => {
    const host = document.querySelector<TerminalHost>(".panel:not([hidden]) .terminal-host");
    const { report } = globalThis as unknown as { report(line: string): void };
    const terminal = host?.terminal;
    terminal?.onLineFeed(() => {
      const { active } = terminal.buffer;
      const line = active.getLine(active.baseY + active.cursorY - 1)?.translateToString(true) ?? "";
      if (/^(file|records) /.test(line)) report(line);
    });
  });
}
