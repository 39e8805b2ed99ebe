/** The binary format of modules, so far as the build reads and writes it: sections, and what they list. */

/** The section that says what a tool is and how it wants to be run. */
export const TOOL_SECTION = "tabnix";

/** Eight bytes: "\0asm" and the version of the core format; components have another. */
const MODULE_START = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** What the names of DWARF's sections begin with. */
const DEBUGGING = ".debug_";
/** Data that goes along in a module and that engines pass over. */
export const CUSTOM_SECTION = 0;

/** A part of a module. */
export interface Section {
  id: number;
  content: Uint8Array;
}

/** Whether the bytes begin as a core module does. */
export function isModule(bytes: Uint8Array): boolean {
  return MODULE_START.every((byte, at) => bytes[at] === byte);
}

/** A module with one more custom section at its end. */
export function withSection(
  module: Uint8Array,
  name: string,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const label = Buffer.from(name);
  const content = [...unsigned(label.length), ...label];
  const header = [CUSTOM_SECTION, ...unsigned(content.length + payload.length), ...content];
  const bytes = new Uint8Array(module.length + header.length + payload.length);
  bytes.set(module);
  bytes.set(header, module.length);
  bytes.set(payload, module.length + header.length);
  return bytes;
}

/** The sections of a module. @throws RangeError when it ends early */
export function readSections(module: Uint8Array): Section[] {
  const from = new Fields(module.subarray(MODULE_START.length));
  const sections: Section[] = [];
  while (!from.isAtEnd()) {
    const id = from.unsigned();
    sections.push({ id, content: from.bytes(from.unsigned()) });
  }
  return sections;
}

/** A module of these sections. */
export function writeSections(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const pieces = sections.flatMap(({ id, content }) => [
    Uint8Array.from([id, ...unsigned(content.length)]),
    content,
  ]);
  return new Uint8Array(Buffer.concat([Uint8Array.from(MODULE_START), ...pieces]));
}

/**
 * The module without what only debuggers read, which can be half of it.
 *
 * @throws RangeError when it ends early
 */
export function withoutDebugging(module: Uint8Array): Uint8Array {
  const isDebugging = ({ id, content }: Section) =>
    id === CUSTOM_SECTION && new Fields(content).text().startsWith(DEBUGGING);
  return writeSections(readSections(module).filter((section) => !isDebugging(section)));
}

/** A list, which is its length and its elements, with more elements at its end. */
export function extended(list: Uint8Array, added: readonly Uint8Array[]): Uint8Array {
  const from = new Fields(list);
  const length = Uint8Array.from(unsigned(from.unsigned() + added.length));
  return Buffer.concat([length, from.rest(), ...added]);
}

/** Reads what the format writes, one field after the other. They throw RangeError at the end. */
export class Fields {
  private readonly from: Uint8Array;
  private at = 0;

  constructor(from: Uint8Array) {
    this.from = from;
  }

  isAtEnd(): boolean {
    return this.at >= this.from.length;
  }

  /** LEB128 of 32 bits. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const [byte = 0] = this.bytes(1);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte <= 0x7f) return value;
    }
    throw new RangeError("a number of more than 32 bits");
  }

  bytes(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.from.length) throw new RangeError("the module ends early");
    const bytes = this.from.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  text(): string {
    return Buffer.from(this.bytes(this.unsigned())).toString("utf8");
  }

  rest(): Uint8Array {
    return this.bytes(this.from.length - this.at);
  }
}

/** LEB128, as the format writes every length. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
