/** Assertions about elements in WebKit that wait as Playwright's do. */
import { expect } from "@playwright/test";
import type { WebKitLocator } from "./locator.ts";

type Text = string | RegExp;

const plain = (text: string) => text.replace(/\s+/g, " ").trim();
const holds = (text: string, expected: Text) =>
  expected instanceof RegExp ? expected.test(text) : plain(text) === plain(expected);

/** What the tests use of Playwright's LocatorAssertions. */
export class ElementAssertions {
  readonly #locator: WebKitLocator;
  readonly #isNot: boolean;

  constructor(locator: WebKitLocator, isNot = false) {
    this.#locator = locator;
    this.#isNot = isNot;
  }

  get not(): ElementAssertions {
    return new ElementAssertions(this.#locator, !this.#isNot);
  }

  toBeVisible(): Promise<void> {
    return this.#poll(() => this.#locator.isVisible(), true);
  }

  toBeHidden(): Promise<void> {
    return this.#poll(() => this.#locator.isVisible(), false);
  }

  toHaveCount(count: number): Promise<void> {
    return this.#poll(() => this.#locator.count(), count);
  }

  toHaveText(expected: Text | Text[]): Promise<void> {
    const all = Array.isArray(expected) ? expected : [expected];
    return this.#holds(
      () => this.#locator.allTextContents(),
      (texts) =>
        texts.length === all.length && texts.every((text, at) => holds(text, all[at] ?? "")),
      `toHaveText ${all.join(", ")}`,
    );
  }

  toContainText(expected: Text): Promise<void> {
    return this.#holds(
      () => this.#locator.allTextContents(),
      ([text, ...others]) =>
        text !== undefined &&
        others.length === 0 &&
        (expected instanceof RegExp ? expected.test(text) : plain(text).includes(plain(expected))),
      `toContainText ${expected}`,
    );
  }

  toHaveAttribute(name: string, expected: Text): Promise<void> {
    return this.#holds(
      async () => [(await this.#locator.getAttribute(name)) ?? ""],
      ([value = ""]) => (expected instanceof RegExp ? expected.test(value) : value === expected),
      `toHaveAttribute ${name} ${expected}`,
    );
  }

  toHaveCSS(name: string, expected: string): Promise<void> {
    const read = (element: Element, property: string) =>
      getComputedStyle(element).getPropertyValue(property);
    return this.#poll(() => this.#locator.evaluate(read, name), expected);
  }

  /** Waits until what is found is right; what was found last is in the message. */
  async #holds(
    find: () => Promise<string[]>,
    isRight: (texts: string[]) => boolean,
    message: string,
  ): Promise<void> {
    await expect(async () => {
      const texts = await find();
      expect({ texts, isRight: isRight(texts) }, `${message}: ${this.#locator}`).toEqual({
        texts,
        isRight: !this.#isNot,
      });
    }).toPass();
  }

  async #poll(find: () => Promise<unknown>, expected: unknown): Promise<void> {
    const polled = expect.poll(find, `${this.#locator}`);
    await (this.#isNot ? polled.not : polled).toEqual(expected);
  }
}
