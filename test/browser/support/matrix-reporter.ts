/**
 * Playwright's reporter that keeps docs/browsers.md: which test passes in which engine, with isolation and
 * without. Only a run of everything knows that, and only if all has passed. Under CI a table that is not what
 * the tests show fails the run; elsewhere it is written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { FullResult, Reporter, Suite, TestCase } from "@playwright/test/reporter";
import { PLACES, type Place } from "../coverage.ts";
import { type Cell, matrix, type Row } from "./matrix.ts";

const FILE = new URL("../../../docs/browsers.md", import.meta.url);
const SUFFIX = ".spec.ts";

export default class MatrixReporter implements Reporter {
  #suite: Suite | undefined;

  onBegin(_config: unknown, suite: Suite): void {
    this.#suite = suite;
  }

  async onEnd({ status }: FullResult): Promise<{ status: "failed" } | undefined> {
    const tests = this.#suite?.allTests() ?? [];
    const seen = new Set(tests.map(placeOf));
    if (status !== "passed" || PLACES.some((place) => !seen.has(place))) return undefined;
    const text = matrix(rowsOf(tests));
    if (text === current()) return undefined;
    if (process.env["CI"]) {
      console.error(
        "docs/browsers.md is not what these tests show. Run `npm test -- --browser` and commit what it writes.",
      );
      return { status: "failed" };
    }
    writeFileSync(FILE, text);
    console.log("docs/browsers.md was written.");
    return undefined;
  }
}

function rowsOf(tests: readonly TestCase[]): Row[] {
  const rows = new Map<string, Row>();
  for (const test of tests) {
    const spec = basename(test.location.file, SUFFIX);
    const title = test.titlePath().slice(3).join(": ");
    const key = `${spec} ${title}`;
    const row = rows.get(key) ?? { spec, title, cells: {} };
    row.cells[placeOf(test)] = cellOf(test);
    rows.set(key, row);
  }
  return [...rows.values()];
}

function cellOf(test: TestCase): Cell {
  const skip = test.annotations.find(({ type }) => type === "skip");
  if (test.outcome() !== "skipped") return { runs: true };
  return { runs: false, why: skip?.description ?? "no reason was given" };
}

function placeOf(test: TestCase): Place {
  return test.parent.project()?.name as Place;
}

function current(): string | undefined {
  try {
    return readFileSync(FILE, "utf8");
  } catch {
    return undefined;
  }
}
