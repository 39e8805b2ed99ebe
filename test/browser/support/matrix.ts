/** The table of docs/browsers.md. */
import { GROUPS, type Group, PLACES, type Place } from "../coverage.ts";

/** What one test shows in one place. */
export type Cell = { runs: true } | { runs: false; why: string };

export interface Row {
  spec: string;
  title: string;
  cells: Partial<Record<Place, Cell>>;
}

const HEAD = `\
# Browsers

<!-- Made of a whole run of the browser tests by test/browser/support/matrix-reporter.ts. -->

What works where: each line is a test that drives a real browser. Chromium and Firefox are Debian's own, by
Playwright; WebKit is Debian's WebKitGTK, by WebDriver: Safari's engine and not Safari, which among other
things has a private file system. *Isolated* is a page that the host or the service worker keeps apart from
other origins, which shared memory needs; *plain* is one that is not.

✓ passes; – does not run, for the reason below the table.
`;

const COLUMNS: Readonly<Record<Place, string>> = {
  "chromium-isolated": "Chromium, isolated",
  "chromium-plain": "plain",
  "firefox-isolated": "Firefox, isolated",
  "firefox-plain": "plain",
  "webkit-isolated": "WebKit, isolated",
  "webkit-plain": "plain",
};

/** The whole document. */
export function matrix(rows: readonly Row[]): string {
  const sections = GROUPS.map((group) => {
    const own = rows.filter(({ spec }) => group.specs.includes(spec));
    return group.places.length === 1 ? listed(group, own) : table(group, own);
  });
  return `${HEAD}\n${sections.join("\n")}`;
}

function table({ title, places, why }: Group, rows: readonly Row[]): string {
  const reasons: string[] = why && places.length < PLACES.length ? [sentence(why)] : [];
  const noteOf = (reason: string) => {
    const text = sentence(reason);
    if (!reasons.includes(text)) reasons.push(text);
    return `–&nbsp;${reasons.indexOf(text) + 1}`;
  };
  const mark = (row: Row, place: Place) => {
    const cell = row.cells[place];
    if (!cell) return noteOf(why ?? "");
    return cell.runs ? "✓" : noteOf(cell.why);
  };
  const lines = [...rows]
    .sort(inOrder)
    .map((row) => `| ${row.title} | ${PLACES.map((place) => mark(row, place)).join(" | ")} |`);
  const notes = reasons.map((reason, at) => `${at + 1}. ${reason}`);
  return `\
## ${title}

| | ${PLACES.map((place) => COLUMNS[place]).join(" | ")} |
| --- |${" :-: |".repeat(PLACES.length)}
${lines.join("\n")}
${notes.length > 0 ? `\n${notes.join("\n")}\n` : ""}`;
}

/** What runs in one place needs no table. */
function listed({ title, places, why = "" }: Group, rows: readonly Row[]): string {
  const where = places.map((place) => COLUMNS[place]).join();
  return `\
## ${title}

In ${where}; elsewhere not: ${why}.

${[...rows]
  .sort(inOrder)
  .map((row) => `- ${row.title}`)
  .join("\n")}
`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function inOrder(one: Row, other: Row): number {
  return one.spec.localeCompare(other.spec, "en") || one.title.localeCompare(other.title, "en");
}
