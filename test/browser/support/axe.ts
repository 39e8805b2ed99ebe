/** What axe, which knows the rules of WCAG, finds wrong with a page. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/** Levels A and AA of WCAG 2.2, and what is good practice beyond them. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
/** Rules of these levels that axe is still trying out, and runs only where they are named. */
const TRIED_OUT = [
  "css-orientation-lock",
  "label-content-name-mismatch",
  "p-as-heading",
  "table-fake-caption",
  "td-has-header",
];

const OF_COLOR = ["color-contrast", "link-in-text-block"];

type RunOptions = Parameters<AxeBuilder["options"]>[0];

/** A rule, and each element that breaks it with what is wrong there. */
export interface Violation {
  rule: string;
  elements: string[];
}

/** Every rule that the page breaks as it is shown now, its frames of the same origin included. */
export function violations(page: Page): Promise<Violation[]> {
  return run(page, {
    runOnly: { type: "tag", values: TAGS },
    rules: Object.fromEntries(TRIED_OUT.map((rule) => [rule, { enabled: true }])),
  });
}

/** Only of the rules that a page of other colours, and otherwise the same, could break. */
export function colorViolations(page: Page): Promise<Violation[]> {
  return run(page, { runOnly: { type: "rule", values: OF_COLOR } });
}

async function run(page: Page, options: RunOptions): Promise<Violation[]> {
  // The other mode is for frames of other origins, and takes three times as long.
  const builder = new AxeBuilder({ page }).setLegacyMode().options(options);
  const { violations: found } = await builder.analyze();
  return found.map(({ id, nodes }) => ({
    rule: id,
    elements: nodes.map(({ html, failureSummary = "" }) => `${html}: ${failureSummary}`),
  }));
}
