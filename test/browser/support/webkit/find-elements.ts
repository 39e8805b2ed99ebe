/** Runs in the page: finds elements as Playwright's locators do, as far as the tests for WebKit use them. */
import type * as TestingLibrary from "@testing-library/dom";

/** One narrowing of what was found before it. */
export type Step =
  | { by: "css"; css: string; hasText?: string }
  | { by: "role"; role: string; name?: string; isPattern: boolean; isExact: boolean }
  /** From the end where it is negative. */
  | { by: "place"; place: number };

declare global {
  var TestingLibraryDom: typeof TestingLibrary | undefined;
}

/** Stands alone: its source is sent to the page. */
export function findElements(steps: readonly Step[]): Element[] {
  const plain = (text: string | null) => (text ?? "").replace(/\s+/g, " ").trim();
  const matches = (name: string, step: Extract<Step, { by: "role" }>) => {
    if (step.name === undefined) return true;
    if (step.isPattern) return new RegExp(step.name).test(name);
    if (step.isExact) return plain(name) === step.name;
    return plain(name).toLowerCase().includes(step.name.toLowerCase());
  };
  let found: Element[] = [document.documentElement];
  for (const step of steps) {
    if (step.by === "place") {
      found = found.slice(step.place).slice(0, 1);
      continue;
    }
    const next = found.flatMap((element) =>
      step.by === "css"
        ? [...element.querySelectorAll(step.css)]
        : (globalThis.TestingLibraryDom?.queryAllByRole(element as HTMLElement, step.role, {
            name: (name) => matches(name, step),
          }) ?? []),
    );
    found = [...new Set(next)].filter(
      (element) =>
        step.by !== "css" ||
        step.hasText === undefined ||
        plain(element.textContent).toLowerCase().includes(step.hasText.toLowerCase()),
    );
  }
  return found;
}
