import type { IBuffer } from "@xterm/xterm";

/** Cells of a buffer one after another, from its first row on: row times columns plus column. */
export interface CellRange {
  start: number;
  /** After the last. */
  end: number;
}

/** What is between words: as in xterm. */
const SEPARATORS = new Set([..." ()[]{}',\"`"]);

/** As far beside it as a finger may be from what it means, in cells. */
const REACH = 2;

/** The word at a cell, or beside it in the same row; undefined where there is none. */
export function wordNear(buffer: IBuffer, columns: number, cell: number): CellRange | undefined {
  const column = cell % columns;
  for (let distance = 0; distance <= REACH; distance += 1) {
    for (const near of [column - distance, column + distance]) {
      if (near < 0 || near >= columns) continue;
      const word = wordAt(buffer, columns, cell - column + near);
      if (word) return word;
    }
  }
  return undefined;
}

/** The word at a cell, over the ends of rows that go on in the next; undefined where there is none. */
export function wordAt(buffer: IBuffer, columns: number, cell: number): CellRange | undefined {
  if (!isOfWord(buffer, columns, cell)) return undefined;
  let start = cell;
  let end = cell + 1;
  while (goesOn(buffer, columns, start) && isOfWord(buffer, columns, start - 1)) start -= 1;
  while (goesOn(buffer, columns, end) && isOfWord(buffer, columns, end)) end += 1;
  return { start, end };
}

function isOfWord(buffer: IBuffer, columns: number, cell: number): boolean {
  const found = buffer.getLine(Math.floor(cell / columns))?.getCell(cell % columns);
  if (!found) return false;
  const characters = found.getChars();
  // The second cell of a wide character has none.
  return characters === "" ? found.getWidth() === 0 : !SEPARATORS.has(characters);
}

/** Whether a cell is of the same line as the one before it. */
function goesOn(buffer: IBuffer, columns: number, cell: number): boolean {
  if (cell <= 0) return false;
  return cell % columns !== 0 || buffer.getLine(cell / columns)?.isWrapped === true;
}
