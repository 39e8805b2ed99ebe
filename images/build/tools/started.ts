/**
 * How a command of WASI knows that it has been started: a C library's `_start` begins with a look at a word
 * of memory, and does nothing or traps when that is not 0. A program that prepares itself is started once
 * more in the same memory, where that word must be 0 again (workers/wasi/prepare.ts).
 */
import { TabnixError } from "../../../workers/shared/errors.ts";
import { Fields, readSections, type Section } from "./section.ts";

const START = "_start";

const IMPORTS = 2;
const EXPORTS = 7;
const CODE = 10;
const FUNCTION = 0;

/** Instructions. */
const BLOCK = 0x02;
const IF = 0x04;
const BRANCH_IF = 0x0d;
const I32_LOAD = 0x28;
const I32_CONST = 0x41;
const I32_EQZ = 0x45;

/**
 * The address of that word.
 *
 * @param where the module is from, for messages
 * @throws TabnixError `invalid-input` if the module's `_start` does not begin so
 */
export function startedAddress(module: Uint8Array, where: string): number {
  try {
    const sections = readSections(module);
    const index = exportedIndex(content(sections, EXPORTS)) - importedFunctions(sections);
    return wordTested(body(content(sections, CODE), index));
  } catch (error) {
    throw error instanceof RangeError ? cannot(`${where}: ${error.message}`) : error;
  }
}

function content(sections: readonly Section[], wanted: number): Fields {
  const section = sections.find(({ id }) => id === wanted);
  if (!section) throw new RangeError(`it has no section ${wanted}`);
  return new Fields(section.content);
}

function exportedIndex(from: Fields): number {
  for (let left = from.unsigned(); left > 0; left--) {
    const name = from.text();
    const kind = from.unsigned();
    const index = from.unsigned();
    if (kind === FUNCTION && name === START) return index;
  }
  throw new RangeError(`it exports no ${START}`);
}

/** How many functions there are before the module's own. */
function importedFunctions(sections: readonly Section[]): number {
  if (!sections.some(({ id }) => id === IMPORTS)) return 0;
  const from = content(sections, IMPORTS);
  const all = from.unsigned();
  for (let left = all; left > 0; left--) {
    from.text();
    from.text();
    if (from.unsigned() !== FUNCTION) throw new RangeError("it imports more than functions");
    from.unsigned();
  }
  return all;
}

/** The instructions of a function. */
function body(from: Fields, index: number): Fields {
  const count = from.unsigned();
  if (index < 0 || index >= count) throw new RangeError(`${START} is not its own`);
  for (let before = index; before > 0; before--) from.bytes(from.unsigned());
  const code = new Fields(from.bytes(from.unsigned()));
  for (let left = code.unsigned(); left > 0; left--) {
    code.unsigned();
    code.unsigned();
  }
  return code;
}

/** Of `if (started == 0) …` or of `if (started != 0) …`, as compilers write it. */
function wordTested(code: Fields): number {
  let next = code.unsigned();
  if (next === BLOCK) {
    code.unsigned();
    next = code.unsigned();
  }
  const base = next === I32_CONST ? code.unsigned() : unknown();
  if (code.unsigned() !== I32_LOAD) unknown();
  code.unsigned();
  const address = base + code.unsigned();
  const test = code.unsigned();
  const branch = test === I32_EQZ ? code.unsigned() : test;
  return branch === IF || branch === BRANCH_IF ? address : unknown();
}

function unknown(): never {
  throw new RangeError(`${START} does not begin with a look at whether it was called before`);
}

function cannot(what: string): TabnixError {
  return new TabnixError(
    "invalid-input",
    `"prepare" of a recipe cannot be met: ${what}.`,
    "Only commands that a C library for WASI starts can be prepared.",
  );
}
