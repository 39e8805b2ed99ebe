/** WebKitGTK in the place of Playwright's Browser and BrowserContext: as much of them as the tests use. */
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { WebKitPage } from "./page.ts";
import { startScreen, type WebKitPrograms, WebKitSession, type WebKitStorage } from "./session.ts";

const RETRY_MS = 50;

interface ContextOptions {
  baseURL: string | undefined;
  viewport: { width: number; height: number } | null;
  storage: WebKitStorage;
}

export class WebKitBrowser {
  readonly #programs: WebKitPrograms;
  readonly #screen: Awaited<ReturnType<typeof startScreen>>;

  private constructor(programs: WebKitPrograms, screen: Awaited<ReturnType<typeof startScreen>>) {
    this.#programs = programs;
    this.#screen = screen;
  }

  static async launch(programs: WebKitPrograms): Promise<WebKitBrowser> {
    return new WebKitBrowser(programs, await startScreen(programs));
  }

  /** A browser of its own, with nothing of the others. */
  async newContext(options: ContextOptions): Promise<WebKitContext> {
    const session = await WebKitSession.start(
      this.#programs,
      this.#screen.display,
      options.storage,
    );
    return new WebKitContext(session, options);
  }

  async close(): Promise<void> {
    this.#screen.kill();
  }
}

export class WebKitContext {
  readonly #session: WebKitSession;
  readonly #options: ContextOptions;
  readonly #known = new Set<string>();

  constructor(session: WebKitSession, options: ContextOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** The first tab; WebDriver opens no more that are as a visitor's. */
  async newPage(): Promise<WebKitPage> {
    const [window = ""] = await this.#session.windows();
    const page = this.#page(window);
    if (this.#options.viewport) await page.setViewportSize(this.#options.viewport);
    return page;
  }

  /** The tab that a page opens next. */
  async waitForEvent(_event: "page"): Promise<WebKitPage> {
    for (;;) {
      const opened = (await this.#session.windows()).find((window) => !this.#known.has(window));
      if (opened !== undefined) return this.#page(opened);
      await delay(RETRY_MS);
    }
  }

  /** What the first tab shows, as PNG. */
  async screenshot(path: string): Promise<void> {
    const [window = ""] = this.#known;
    await writeFile(path, await this.#session.screenshot(window), "base64");
  }

  close(): Promise<void> {
    return this.#session.end();
  }

  #page(window: string): WebKitPage {
    this.#known.add(window);
    return new WebKitPage(this.#session, window, this.#options.baseURL);
  }
}
