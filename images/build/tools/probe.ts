/** The smallest program: it ends at once. Whether it runs tells `tools` what this machine can do. */

/**
 * A machine that does not know WebAssembly gives the file to a shell, as it does with every script that
 * names no interpreter. So the module's first section is one that shells understand.
 */
const FOR_SHELLS = "\nexit 126\n";

/** The module: an exported memory, which WASI asks for, and a `_start` that returns. */
export function probeModule(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(0, text(FOR_SHELLS)),
    // One type: a function without parameters and results; one function of it; one page of memory.
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...text("memory"), 2, 0, ...text("_start"), 0, 0]),
    // One body of two bytes: no locals, end.
    ...section(10, [1, 2, 0, 0x0b]),
  ]);
}

/** Everything in it is shorter than 128 bytes: a length is one byte. */
function section(id: number, content: readonly number[]): number[] {
  return [id, content.length, ...content];
}

function text(value: string): number[] {
  return [value.length, ...Buffer.from(value)];
}
