/** Elements of a page in WebKit: what the tests use of Playwright's Locator. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import type { WebElement } from "selenium-webdriver";
import { findElements, type Step } from "./find-elements.ts";
import { ScriptError, type WebKitSession } from "./session.ts";

const RETRY_MS = 50;
/** As the longest that a test waits for a condition. */
const ACTION_TIMEOUT_MS = 120_000;

const QUERIES = readFileSync(
  createRequire(import.meta.url)
    .resolve("@testing-library/dom")
    .replace(/index\.js$/, "@testing-library/dom.umd.min.js"),
  "utf8",
);

interface RoleOptions {
  name?: string | RegExp;
  exact?: boolean;
}

export class WebKitLocator {
  readonly #session: WebKitSession;
  readonly #window: string;
  readonly #steps: readonly Step[];

  constructor(session: WebKitSession, window: string, steps: readonly Step[] = []) {
    this.#session = session;
    this.#window = window;
    this.#steps = steps;
  }

  locator(css: string, { hasText }: { hasText?: string } = {}): WebKitLocator {
    return this.#then({ by: "css", css, ...(hasText === undefined ? {} : { hasText }) });
  }

  getByRole(role: string, { name, exact = false }: RoleOptions = {}): WebKitLocator {
    const text = name instanceof RegExp ? name.source : name;
    return this.#then({
      by: "role",
      role,
      ...(text === undefined ? {} : { name: text }),
      isPattern: name instanceof RegExp,
      isExact: exact,
    });
  }

  first(): WebKitLocator {
    return this.#then({ by: "place", place: 0 });
  }

  last(): WebKitLocator {
    return this.#then({ by: "place", place: -1 });
  }

  /** What a function returns of the element, once there is one. */
  async evaluate<Result, Argument>(
    read: (element: Element, argument: Argument) => Result | Promise<Result>,
    argument?: Argument,
  ): Promise<Result> {
    const source = `async ({ argument }, [element, ...others]) => {
      if (!element) return "none";
      if (others.length > 0) throw new Error(\`\${others.length + 1} elements, not one\`);
      return { result: await (${read})(element, argument) };
    }`;
    return (await this.#wait(async () => {
      const found = await this.#read<"none" | { result: Result }>(source, { argument });
      return found === "none" ? undefined : { value: found.result };
    })) as Result;
  }

  textContent(): Promise<string | null> {
    return this.evaluate((element) => element.textContent);
  }

  getAttribute(name: string): Promise<string | null> {
    return this.evaluate((element, which: string) => element.getAttribute(which), name);
  }

  async count(): Promise<number> {
    return (await this.#texts()).length;
  }

  async allTextContents(): Promise<string[]> {
    return this.#texts();
  }

  async isVisible(): Promise<boolean> {
    return this.#read<boolean>("(_, found) => found.length > 0 && found[0].checkVisibility()", {});
  }

  async click(): Promise<void> {
    await this.#wait(async () => {
      await this.#addQueries();
      const [element] = await this.#session.inWindow(this.#window, (driver) =>
        driver.executeScript<WebElement[]>(`return (${findElements})(arguments[0]);`, this.#steps),
      );
      if (!element) return undefined;
      // Covered, or gone meanwhile: it is tried again.
      await this.#session.inWindow(this.#window, () => element.click());
      return { value: undefined };
    });
  }

  async waitFor(): Promise<void> {
    await this.#wait(async () => ((await this.isVisible()) ? { value: undefined } : undefined));
  }

  toString(): string {
    return JSON.stringify(this.#steps);
  }

  #then(step: Step): WebKitLocator {
    return new WebKitLocator(this.#session, this.#window, [...this.#steps, step]);
  }

  #texts(): Promise<string[]> {
    return this.#read<string[]>("(_, found) => found.map((element) => element.textContent)", {});
  }

  /** @param source a function of `rest` and of what is found */
  async #read<Result>(source: string, rest: { argument?: unknown }): Promise<Result> {
    const script = `({ steps, rest }) => (${source})(rest, (${findElements})(steps))`;
    await this.#addQueries();
    const argument = { steps: this.#steps, rest };
    return (await this.#session.call(this.#window, script, argument)) as Result;
  }

  async #addQueries(): Promise<void> {
    if (!this.#steps.some(({ by }) => by === "role")) return;
    await this.#session.inWindow(this.#window, async (driver) => {
      if (!(await driver.executeScript("return 'TestingLibraryDom' in globalThis")))
        await driver.executeScript(QUERIES);
    });
  }

  /** Tries until there is a result. What a script throws is final; a page that goes away meanwhile is not. */
  async #wait<Result>(attempt: () => Promise<{ value: Result } | undefined>): Promise<Result> {
    const end = Date.now() + ACTION_TIMEOUT_MS;
    for (;;) {
      let reason: unknown = "there is no such element";
      try {
        const found = await attempt();
        if (found) return found.value;
      } catch (error) {
        if (error instanceof ScriptError) throw error;
        reason = error;
      }
      if (Date.now() > end) throw new Error(`${this}: ${reason}`);
      await delay(RETRY_MS);
    }
  }
}
