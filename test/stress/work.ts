/** A life of the machine under stress: looked through, then written to. */
import type { Page } from "@playwright/test";
import type { Ledger } from "./ledger.ts";
import { LOAD, lookAt, lookedIn, PREPARE, RESUME } from "./load.ts";
import { look, reportLines, type Screen, type } from "./terminal.ts";
import { poll } from "./waiting.ts";

export const SAVED = "saved in this browser";

/** Waits until a tab shows a prompt, or what else it comes to. @throws Error with what it shows instead */
export async function settle(page: Page): Promise<Screen> {
  return poll("a prompt", async () => {
    const screen = await look(page);
    if (screen.kind === "failure") return screen;
    return screen.kind === "busy" || screen.kind === "prompt" ? screen : undefined;
  });
}

/** Looks everything through at a prompt. @throws Error when something is lost, or the prompt ends */
export async function check(page: Page, ledger: Ledger): Promise<void> {
  for (const line of ledger.looks === 0 ? PREPARE : RESUME) await type(page, line);
  const from = ledger.known;
  await type(page, lookAt(from));
  const { text } = await poll("a look at the files", async () => {
    const screen = await look(page);
    const ended = screen.kind !== "prompt" && screen.kind !== "terminal";
    return ended || lookedIn(screen.text) !== undefined ? screen : undefined;
  });
  const printed = lookedIn(text);
  if (printed === undefined) throw new PromptEnded();
  ledger.accept(from, printed);
}

/** Starts the load. Its reports come through the page's `report`. */
export async function write(page: Page): Promise<void> {
  await reportLines(page);
  await type(page, LOAD);
}

/** The machine went elsewhere while its files were looked through. */
export class PromptEnded extends Error {}
