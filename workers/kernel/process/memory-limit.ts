/**
 * Bounds the memory of programs. An engine lets a module grow its own memory to 4 GiB, and nothing
 * outside the module is asked: so the bound is written into the module, where it declares its memories
 * (WebAssembly core specification, "Memory Section" in the binary format), before it is compiled. At the
 * bound `memory.grow` fails, as on a machine that has no more.
 */
import { MAX_PROGRAM_MEMORIES, WASM_PAGE_BYTES } from "../../shared/limits.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { needsOf } from "./module-imports.ts";
import {
  findSection,
  HAS_MAXIMUM,
  HAS_PAGE_SIZE,
  type ModuleReader,
  type Section,
  Unreadable,
} from "./module-reader.ts";

const MEMORY_SECTION = 5;

/**
 * A module whose own memories cannot grow beyond `maximumBytes` together. What is no module comes back as it is.
 *
 * @throws PosixError ENOMEM when it starts with more, or has too many
 */
export function withMemoryLimit(
  module: Uint8Array<ArrayBuffer>,
  maximumBytes: number,
): Uint8Array<ArrayBuffer> {
  try {
    const section = findSection(module, MEMORY_SECTION);
    return section ? bounded(module, section, maximumBytes) : module;
  } catch (error) {
    if (error instanceof Unreadable) return module;
    throw error;
  }
}

/**
 * The same for a module that is run by another engine than ours, which makes the memory that its threads
 * share: it goes by what the module says of the one that it imports.
 *
 * @throws PosixError ENOMEM when one of them starts with more, or there are too many
 */
export function withMemoryLimits(
  module: Uint8Array<ArrayBuffer>,
  maximumBytes: number,
): Uint8Array<ArrayBuffer> {
  return withSharedMemoryLimit(withMemoryLimit(module, maximumBytes), maximumBytes);
}

function withSharedMemoryLimit(
  module: Uint8Array<ArrayBuffer>,
  maximumBytes: number,
): Uint8Array<ArrayBuffer> {
  const { sharedMemory } = needsOf(module);
  if (!sharedMemory) return module;
  const { initial, maximum, maximumAt } = sharedMemory;
  const bound = boundedPages(initial, maximum, Math.floor(maximumBytes / WASM_PAGE_BYTES));
  const bytes = module.slice();
  bytes.set(padded(bound, maximumAt.end - maximumAt.start), maximumAt.start);
  return bytes;
}

function bounded(
  module: Uint8Array,
  { start, end, contents }: Section,
  maximumBytes: number,
): Uint8Array<ArrayBuffer> {
  const content = limited(contents, maximumBytes);
  const section = [MEMORY_SECTION, ...unsigned(content.length), ...content];
  const bytes = new Uint8Array(start + section.length + module.length - end);
  bytes.set(module.subarray(0, start));
  bytes.set(section, start);
  bytes.set(module.subarray(end), start + section.length);
  return bytes;
}

/** The section's content with lower maxima. @throws Unreadable */
function limited(contents: ModuleReader, maximumBytes: number): number[] {
  const count = contents.varint();
  if (count > MAX_PROGRAM_MEMORIES) throw new PosixError("ENOMEM", `it has ${count} memories`);
  const pages = Math.floor(maximumBytes / WASM_PAGE_BYTES / Math.max(count, 1));
  const bytes = unsigned(count);
  for (let i = 0; i < count; i++) {
    const { flags, initial, maximum } = contents.limits();
    if (flags & HAS_PAGE_SIZE) throw new Unreadable("pages of another size");
    const most = flags & HAS_MAXIMUM ? maximum : Number.POSITIVE_INFINITY;
    const bound = boundedPages(initial, most, pages);
    bytes.push(flags | HAS_MAXIMUM, ...unsigned(initial), ...unsigned(bound));
  }
  if (contents.remaining > 0) throw new Unreadable("more than memories");
  return bytes;
}

/**
 * What a memory of at least and at most so many pages may grow to.
 *
 * @throws PosixError ENOMEM when it starts with more
 */
export function boundedPages(minimum: number, maximum: number, pages: number): number {
  if (minimum > pages) throw new PosixError("ENOMEM", tooMuch(minimum, pages));
  return Math.min(maximum, pages);
}

function tooMuch(minimum: number, pages: number): string {
  const megabytes = (count: number) => `${Math.ceil((count * WASM_PAGE_BYTES) / 2 ** 20)} MB`;
  return `it needs ${megabytes(minimum)} of memory, and a program may have ${megabytes(pages)}`;
}

/** LEB128 of that many bytes, which are enough. */
function padded(value: number, length: number): number[] {
  return Array.from({ length }, (_, at) => {
    const more = at < length - 1 ? 0x80 : 0;
    return (Math.floor(value / 0x80 ** at) % 0x80) | more;
  });
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
