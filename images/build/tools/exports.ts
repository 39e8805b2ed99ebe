/**
 * Makes functions of a finished module callable from outside: some are published as libraries for one
 * host, though the program that a shell needs is in them.
 */
import { TabnixError } from "../../../workers/shared/errors.ts";
import {
  CUSTOM_SECTION,
  extended,
  Fields,
  readSections,
  type Section,
  unsigned,
  writeSections,
} from "./section.ts";

/** The name by which linkers export the table of functions. */
const TABLE = "__indirect_function_table";

const TABLE_SECTION = 4;
const EXPORT_SECTION = 7;
const FUNCTION_KIND = 0;
const TABLE_KIND = 1;
/** Of the "name" section: the names of functions. */
const FUNCTION_NAMES = 1;
const NO_MAXIMUM = 0;

/**
 * The module with exports for functions that its section "name" names, and for its table, which then
 * may grow. Names and debugging information, no longer needed, are left out.
 *
 * @param where the module is from, for messages
 * @throws TabnixError `invalid-input` if the module does not name one of them, or has not one table
 */
export function withExports(
  module: Uint8Array,
  functions: readonly string[],
  where: string,
): Uint8Array<ArrayBuffer> {
  try {
    return exporting(readSections(module), functions, where);
  } catch (error) {
    throw error instanceof RangeError ? cannot(`${where} is damaged: ${error.message}`) : error;
  }
}

function exporting(
  sections: readonly Section[],
  functions: readonly string[],
  where: string,
): Uint8Array<ArrayBuffer> {
  if (!sections.some(({ id }) => id === TABLE_SECTION)) throw cannot(`${where} has 0 tables`);
  const named = functionNames(sections);
  const added = functions.map((name) => {
    const index = named.get(name);
    if (index === undefined) throw cannot(`${where} names no function ${name}`);
    return exported(name, FUNCTION_KIND, index);
  });
  added.push(exported(TABLE, TABLE_KIND, 0));
  const kept = sections.filter(({ id }) => id !== CUSTOM_SECTION);
  return writeSections(
    kept.map(({ id, content }) => {
      if (id === TABLE_SECTION) return { id, content: growableTable(content, where) };
      if (id === EXPORT_SECTION) return { id, content: extended(content, added) };
      return { id, content };
    }),
  );
}

/** One table, of the same type and size, without a maximum. */
function growableTable(content: Uint8Array, where: string): Uint8Array {
  const from = new Fields(content);
  const count = from.unsigned();
  if (count !== 1) throw cannot(`${where} has ${count} tables`);
  const type = from.unsigned();
  from.unsigned();
  return Uint8Array.from([1, type, NO_MAXIMUM, ...unsigned(from.unsigned())]);
}

function exported(name: string, kind: number, index: number): Uint8Array {
  const label = Buffer.from(name);
  return Uint8Array.from([...unsigned(label.length), ...label, kind, ...unsigned(index)]);
}

/** Indices of functions by their names; the first of a name. */
function functionNames(sections: readonly Section[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const { id, content } of sections) {
    if (id !== CUSTOM_SECTION) continue;
    const from = new Fields(content);
    if (from.text() !== "name") continue;
    while (!from.isAtEnd()) {
      const kind = from.unsigned();
      const part = new Fields(from.bytes(from.unsigned()));
      if (kind !== FUNCTION_NAMES) continue;
      for (let left = part.unsigned(); left > 0; left--) {
        const index = part.unsigned();
        const name = part.text();
        if (!names.has(name)) names.set(name, index);
      }
    }
  }
  return names;
}

function cannot(what: string): TabnixError {
  return new TabnixError(
    "invalid-input",
    `"exports" of a recipe cannot be met: ${what}.`,
    'The functions must be named in the module\'s section "name": many packages have a module for debugging that does.',
  );
}
