/** A tab of WebKit: what the tests use of Playwright's Page. */
import { setTimeout as delay } from "node:timers/promises";
import { Key } from "selenium-webdriver";
import { WebKitLocator } from "./locator.ts";
import type { WebKitSession } from "./session.ts";

const KEYS: Readonly<Record<string, string>> = {
  Control: Key.CONTROL,
  Shift: Key.SHIFT,
  Alt: Key.ALT,
  Enter: Key.ENTER,
  Escape: Key.ESCAPE,
  Tab: Key.TAB,
};

/** Reading the page while another takes its place fails; so does nothing else for so long. */
const NAVIGATION_TRIES = 40;
const NAVIGATION_RETRY_MS = 100;

interface Size {
  width: number;
  height: number;
}

export class WebKitPage {
  readonly #session: WebKitSession;
  readonly #window: string;
  readonly #base: string | undefined;
  readonly #all: WebKitLocator;

  constructor(session: WebKitSession, window: string, base: string | undefined) {
    this.#session = session;
    this.#window = window;
    this.#base = base;
    this.#all = new WebKitLocator(session, window);
  }

  readonly keyboard = {
    /** Text without keys, as from an input method. */
    insertText: async (text: string): Promise<void> => {
      await this.evaluate((inserted) => {
        document.execCommand("insertText", false, inserted);
      }, text);
    },
    /** Keys that are pressed one after another and released together: `Control+c`. */
    press: async (keys: string): Promise<void> => {
      const pressed = keys.split("+").map((key) => KEYS[key] ?? key);
      await this.#session.inWindow(this.#window, (driver) => {
        const actions = driver.actions();
        for (const key of pressed) actions.keyDown(key);
        for (const key of pressed.toReversed()) actions.keyUp(key);
        return actions.perform();
      });
    },
  };

  async goto(url: string): Promise<void> {
    const target = new URL(url, this.#base).href;
    await this.#session.inWindow(this.#window, (driver) => driver.get(target));
  }

  async reload(): Promise<void> {
    await this.#session.inWindow(this.#window, (driver) => driver.navigate().refresh());
  }

  async goBack(): Promise<void> {
    await this.#session.inWindow(this.#window, (driver) => driver.navigate().back());
  }

  async bringToFront(): Promise<void> {
    await this.#session.inWindow(this.#window, async () => {});
  }

  async setViewportSize({ width, height }: Size): Promise<void> {
    const frame = await this.evaluate(() => ({
      width: outerWidth - innerWidth,
      height: outerHeight - innerHeight,
    }));
    const outer = { width: width + frame.width, height: height + frame.height };
    await this.#session.inWindow(this.#window, (driver) => driver.manage().window().setRect(outer));
  }

  title(): Promise<string> {
    return this.evaluate(() => document.title);
  }

  url(): Promise<string> {
    return this.evaluate(() => location.href);
  }

  /** @throws ScriptError what the function threw */
  async evaluate<Result, Argument>(
    run: (argument: Argument) => Result | Promise<Result>,
    argument?: Argument,
  ): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      try {
        return (await this.#session.call(this.#window, `${run}`, argument)) as Result;
      } catch (error) {
        const isGone = error instanceof Error && /navigat|unload/i.test(error.message);
        if (!isGone || tries === NAVIGATION_TRIES) throw error;
        await delay(NAVIGATION_RETRY_MS);
      }
    }
  }

  locator: WebKitLocator["locator"] = (css, options) => this.#all.locator(css, options);

  getByRole: WebKitLocator["getByRole"] = (role, options) => this.#all.getByRole(role, options);

  /** Asks past the browser. */
  readonly request = {
    get: async (url: string) => {
      const response = await fetch(new URL(url, this.#base));
      await response.body?.cancel();
      return { status: () => response.status };
    },
  };
}
