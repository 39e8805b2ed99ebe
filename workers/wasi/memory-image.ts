/** What a program's memory has become, as far as it differs from that of a fresh instance of its module. */

/** Memory is compared in pieces of this size. Memories are multiples of it. */
const PIECE_BYTES = 4096;
const PIECE_WORDS = PIECE_BYTES / Uint32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = 65_536;

/** May be shared between workers, or copied with a message. */
export interface MemoryImage {
  /** Size of the memory. */
  bytes: number;
  /** Where the data goes: an address and a length for each run, in order. */
  runs: Uint32Array;
  /** The runs' bytes, one after the other. */
  data: Uint8Array;
}

/** @param fresh the memory as it was at first */
export function captureImage(memory: WebAssembly.Memory, fresh: Uint8Array): MemoryImage {
  const now = new Uint8Array(memory.buffer);
  const runs = changedRuns(new Uint32Array(memory.buffer), new Uint32Array(fresh.buffer));
  const length = runs.reduce((sum, run) => sum + run.length, 0);
  const data = new Uint8Array(makeBuffer(length));
  let end = 0;
  for (const run of runs) {
    data.set(now.subarray(run.at, run.at + run.length), end);
    end += run.length;
  }
  const flat = runs.flatMap((run) => [run.at, run.length]);
  return { bytes: now.length, runs: Uint32Array.from(flat), data };
}

/**
 * Makes the memory of a fresh instance what it was when the image was taken.
 *
 * @throws RangeError when the memory cannot be so large, or the image is none of this module's
 */
export function restoreImage(memory: WebAssembly.Memory, { bytes, runs, data }: MemoryImage): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  const now = new Uint8Array(memory.buffer);
  let from = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const [at = 0, length = 0] = [runs[i], runs[i + 1]];
    now.set(data.subarray(from, from + length), at);
    from += length;
  }
}

function changedRuns(now: Uint32Array, fresh: Uint32Array): { at: number; length: number }[] {
  const runs: { at: number; length: number }[] = [];
  for (let word = 0; word < now.length; word += PIECE_WORDS) {
    if (!differs(now, fresh, word)) continue;
    const at = word * Uint32Array.BYTES_PER_ELEMENT;
    const last = runs.at(-1);
    if (last && last.at + last.length === at) last.length += PIECE_BYTES;
    else runs.push({ at, length: PIECE_BYTES });
  }
  return runs;
}

/** Whether a piece does; what has been added to the memory was zeros. */
function differs(now: Uint32Array, fresh: Uint32Array, from: number): boolean {
  const end = from + PIECE_WORDS;
  for (let word = from; word < end; word++) if (now[word] !== (fresh[word] ?? 0)) return true;
  return false;
}

function makeBuffer(length: number): ArrayBuffer | SharedArrayBuffer {
  return typeof SharedArrayBuffer === "undefined"
    ? new ArrayBuffer(length)
    : new SharedArrayBuffer(length);
}
