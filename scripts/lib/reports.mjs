/** Counts tests in the JSON reports of Vitest and Playwright. */

/** @typedef {{ passed: number, failed: number }} Count */

/**
 * The part of Vitest's report that is read.
 *
 * @typedef {{
 *   numPassedTests: number,
 *   numFailedTests: number,
 *   testResults: { status: string, assertionResults: unknown[] }[],
 * }} VitestReport
 */

/**
 * Vitest's `json` reporter. A file that cannot even be loaded has no tests: it counts as one failure.
 *
 * @param {string} text
 * @returns {Count}
 */
export function countVitest(text) {
  /** @type {VitestReport} */
  const report = JSON.parse(text);
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

/**
 * Playwright's `json` reporter. A test that passed only when tried again counts as failed, and so
 * does an error outside any test.
 *
 * @param {string} text
 * @returns {Count}
 */
export function countPlaywright(text) {
  const { stats, errors } = JSON.parse(text);
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length };
}
