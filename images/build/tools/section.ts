/** WebAssembly's custom sections: data that goes along in a module and that engines pass over. */

/** The section that says what a tool is and how it wants to be run. */
export const TOOL_SECTION = "tabnix";

/** Eight bytes: "\0asm" and the version of the core format; components have another. */
const MODULE_START = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const CUSTOM_SECTION = 0;

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

/** LEB128, as the format writes every length. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
