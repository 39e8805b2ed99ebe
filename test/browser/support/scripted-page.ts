import type { Locator, Page } from "@playwright/test";
import type { TerminalHost } from "../../../src/terminal/terminal-view.ts";
import { test as base } from "./engines.ts";
import type { Script } from "./scripted-computer.ts";
import { startScriptedServer } from "./scripted-server.ts";

interface WorkerFixtures {
  /** Address of the page with a scripted computer. */
  scriptedUrl: string;
}

interface Fixtures {
  /** Opens the page; returns when it shows where the script leads: a terminal, a failure, the boot view. */
  openScripted(script?: Script, query?: Record<string, string>): Promise<void>;
}

/** Playwright's test, with a server for the test-only page. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  scriptedUrl: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to find what a fixture uses.
    async ({}, use) => {
      const server = await startScriptedServer();
      await use(server.url);
      await server.close();
    },
    { scope: "worker" },
  ],
  openScripted: async ({ page, scriptedUrl }, use) => {
    await use(async (script = {}, query = {}) => {
      const parameters = new URLSearchParams({ script: JSON.stringify(script), ...query });
      await page.goto(`${scriptedUrl}?${parameters}`);
      const end = script.hold ? ".boot" : '[data-showing="terminals"] .terminal-host, .failure';
      await page.locator(end).first().waitFor();
    });
  },
});

/** Writes what a program would to the terminal that is shown. */
export async function print(page: Page, text: string): Promise<void> {
  await page.locator(".panel:not([hidden]) .terminal-host").evaluate(
    (host, text) =>
      new Promise<void>((resolve) => {
        (host as TerminalHost).terminal.write(text, resolve);
      }),
    text,
  );
}

/** The rows that the terminal shows now, each without spaces at its end. */
export function screenRows(page: Page): Promise<string[]> {
  return page.locator(".panel:not([hidden]) .terminal-host").evaluate((host) => {
    const { terminal } = host as TerminalHost;
    const { active } = terminal.buffer;
    return Array.from(
      { length: terminal.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? "",
    );
  });
}

/** Lines of the terminal that is shown, scrollback included, without spaces and empty lines at the end. */
export function terminalText(page: Page): Promise<string> {
  return textOf(page.locator(".panel:not([hidden]) .terminal-host"));
}

/** The same of any terminal. */
export function textOf(terminal: Locator): Promise<string> {
  return terminal.evaluate((host) => {
    const { active } = (host as TerminalHost).terminal.buffer;
    const lines: string[] = [];
    for (let i = 0; i < active.length; i += 1) {
      const line = active.getLine(i);
      const text = line?.translateToString(true) ?? "";
      if (line?.isWrapped && lines.length > 0) lines.push((lines.pop() ?? "") + text);
      else lines.push(text);
    }
    return lines
      .map((line) => line.trimEnd())
      .join("\n")
      .trimEnd();
  });
}
