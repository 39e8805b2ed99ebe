/** One tab of a race: works on the machine's files whenever it has them, until it is gone. */
import type { CDPSession, Page } from "@playwright/test";
import type { StressBrowser } from "./browser.ts";
import { type Ledger, LossError } from "./ledger.ts";
import { look, pressBusy } from "./terminal.ts";
import { sleep, within } from "./waiting.ts";
import { check, SAVED, write } from "./work.ts";

/** How long a tab that has died, or whose process stands still, may let an answer wait. */
const ANSWER_MS = 20_000;
const STORAGE_MS = 15_000;
const LOOK_EVERY_MS = 50;

export interface TabHandlers {
  /** Something that must not happen. */
  onFailure(error: unknown): void;
  /** A machine on the saved files was looked through: nothing is missing. */
  onChecked(tab: RaceTab): void;
  /** A file or records were reported as synchronised. */
  onReport(tab: RaceTab): void;
}

export class RaceTab {
  /** Shows that another tab has the files. */
  isBusy = false;
  /** Was told to go on without saving. */
  isUnsaved = false;
  isGone = false;
  /** Shows another site. */
  isAway = false;
  readonly name: string;
  private readonly page: Page;
  private readonly session: CDPSession;
  private readonly url: string;
  private readonly ledger: Ledger;
  private readonly handlers: TabHandlers;

  private constructor(
    name: string,
    page: Page,
    session: CDPSession,
    url: string,
    ledger: Ledger,
    handlers: TabHandlers,
  ) {
    this.name = name;
    this.page = page;
    this.session = session;
    this.url = url;
    this.ledger = ledger;
    this.handlers = handlers;
  }

  static async open(
    browser: StressBrowser,
    name: string,
    url: string,
    ledger: Ledger,
    handlers: TabHandlers,
  ): Promise<RaceTab> {
    const page = await browser.context.newPage();
    const session = await browser.context.newCDPSession(page);
    const tab = new RaceTab(name, page, session, url, ledger, handlers);
    page.on("crash", () => void tab.close());
    page.on("dialog", (dialog) => void dialog.accept().catch(() => {}));
    await page.exposeFunction("report", (line: string) => tab.report(line));
    // A tab that dies while it loads is one of the moments that are looked for.
    page.goto(url).catch(() => {});
    void tab.work();
    return tab;
  }

  /** What the tab shows; undefined when it does not answer. */
  async text(): Promise<string | undefined> {
    return (await within(look(this.page), ANSWER_MS))?.text;
  }

  async take(): Promise<void> {
    this.isBusy = false;
    await within(this.page.bringToFront(), ANSWER_MS);
    await within(pressBusy(this.page, "take"), ANSWER_MS);
  }

  async openFresh(): Promise<void> {
    this.isUnsaved = true;
    await within(pressBusy(this.page, "fresh"), ANSWER_MS);
  }

  async reload(): Promise<void> {
    await within(this.page.reload({ waitUntil: "commit" }), ANSWER_MS);
    this.isUnsaved = false;
  }

  /** Goes to another page; {@link comeBack} must follow. */
  async leave(): Promise<void> {
    this.isAway = true;
    await within(this.page.goto("about:blank"), ANSWER_MS);
  }

  /** As with the browser's own button, or by the address. */
  async comeBack(byHistory: boolean): Promise<void> {
    const how = byHistory
      ? this.page.goBack({ waitUntil: "commit" })
      : this.page.goto(this.url, { waitUntil: "commit" });
    await within(how, ANSWER_MS);
    this.isUnsaved = false;
    this.isAway = false;
  }

  /** Ends its process from within. */
  async crash(): Promise<void> {
    // It never answers.
    void this.session.send("Page.crash").catch(() => {});
    await within(this.page.waitForEvent("crash", { timeout: ANSWER_MS }), ANSWER_MS);
    await this.close();
  }

  async close(): Promise<void> {
    if (this.isGone) return;
    this.isGone = true;
    await within(this.page.close(), ANSWER_MS);
  }

  private report(line: string): void {
    // A copy that is not saved may say what it likes.
    if (this.isUnsaved) return;
    try {
      this.ledger.report(line);
      this.handlers.onReport(this);
    } catch (error) {
      this.handlers.onFailure(error);
    }
  }

  private async work(): Promise<void> {
    while (!this.isGone) {
      await sleep(LOOK_EVERY_MS);
      if (this.isAway) continue;
      const screen = await within(look(this.page), ANSWER_MS);
      this.isBusy = screen?.kind === "busy";
      if (screen?.kind === "failure" && !this.isAway && !this.isGone) {
        this.handlers.onFailure(new Error(`${this.name} shows a failure:\n${screen.text}`));
      }
      if (screen?.kind !== "prompt" || !(await this.isNewPrompt())) continue;
      try {
        await this.workAtPrompt();
      } catch (error) {
        if (isLoss(error)) this.handlers.onFailure(error);
      }
    }
  }

  private async workAtPrompt(): Promise<void> {
    if (this.isUnsaved) return;
    if (!(await this.isOnDisk())) return;
    await check(this.page, this.ledger);
    this.handlers.onChecked(this);
    await write(this.page);
  }

  /** Whether the status bar says that files are saved. @returns false when the tab went elsewhere meanwhile */
  private async isOnDisk(): Promise<boolean> {
    const deadline = performance.now() + STORAGE_MS;
    for (;;) {
      const screen = await within(look(this.page), ANSWER_MS);
      if (screen?.kind !== "prompt") return false;
      if (screen.storage === SAVED) return true;
      if (performance.now() > deadline) {
        this.handlers.onFailure(
          new Error(`${this.name} works without its disk: ${screen.storage}`),
        );
        return false;
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Marks the terminal that is shown. @returns whether it had no mark yet */
  private async isNewPrompt(): Promise<boolean> {
    const mark = this.page.evaluate(() => {
      const host = document.querySelector<HTMLElement>(".panel:not([hidden]) .terminal-host");
      if (!host || host.dataset["stress"]) return false;
      host.dataset["stress"] = "seen";
      return true;
    });
    return (await within(mark, ANSWER_MS)) ?? false;
  }
}

/** Whether an error tells of the disk, and not of a tab that went elsewhere in the middle of a look. */
function isLoss(error: unknown): boolean {
  return error instanceof LossError;
}
