import type { IBuffer } from "@xterm/xterm";
import { expect, test } from "vitest";
import { wordAt, wordNear } from "../../../src/terminal/word-at.ts";

const COLUMNS = 8;

/** Rows of a terminal as xterm keeps them: a wide character is followed by a cell without one. */
function bufferOf(...rows: { text: string; isWrapped?: boolean }[]): IBuffer {
  const lines = rows.map(({ text, isWrapped = false }) => {
    const cells = [...text].flatMap((character) =>
      character > "\u2e80"
        ? [
            { chars: character, width: 2 },
            { chars: "", width: 0 },
          ]
        : [{ chars: character, width: 1 }],
    );
    return {
      isWrapped,
      getCell: (column: number) => {
        const { chars, width } = cells[column] ?? { chars: "", width: 1 };
        return { getChars: () => chars, getWidth: () => width };
      },
    };
  });
  return { getLine: (row: number) => lines[row] } as unknown as IBuffer;
}

const BUFFER = bufferOf(
  { text: "a (bc-d)" },
  { text: "next abc" },
  { text: "def ghi", isWrapped: true },
  { text: "\u4e2d\u6587 x" },
);

test.each([
  ["the first cell", 0, { start: 0, end: 1 }],
  ["a space", 1, undefined],
  ["a bracket", 2, undefined],
  ["a word between brackets", 4, { start: 3, end: 7 }],
  ["a word at the start of a line, after a full one", 8, { start: 8, end: 12 }],
  ["the first part of a word that goes on in the next row", 14, { start: 13, end: 19 }],
  ["its second part", 16, { start: 13, end: 19 }],
  ["where nothing was written", 23, undefined],
  ["the first half of a wide character", 24, { start: 24, end: 28 }],
  ["the second half of the last", 27, { start: 24, end: 28 }],
  ["below the last row", 40, undefined],
])("%s", (_where, cell, expected) => {
  expect(wordAt(BUFFER, COLUMNS, cell)).toEqual(expected);
});

test.each([
  ["between two words, the one before", 12, { start: 8, end: 12 }],
  ["after a word, but not too far", 4 * COLUMNS - 2, { start: 29, end: 30 }],
  ["too far from any", 36, undefined],
  ["at the start of a row, not the end of the one before", 32, undefined],
])("near %s", (_where, cell, expected) => {
  expect(wordNear(BUFFER, COLUMNS, cell)).toEqual(expected);
});
