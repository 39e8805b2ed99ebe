/** Reads the bytes of modules, as far as the kernel looks into them. Follows the binary format of WebAssembly 3.0. */
import { ByteReader } from "../../shared/bytes.ts";

const PREAMBLE_BYTES = 8;
/** Bits before a memory's or a table's sizes. */
export const HAS_MAXIMUM = 1;
export const IS_SHARED = 2;
const IS_64_BIT = 4;
export const HAS_PAGE_SIZE = 8;
const ALL_FLAGS = HAS_MAXIMUM | IS_SHARED | IS_64_BIT | HAS_PAGE_SIZE;
/** Types that are one byte, and those that name a heap type after it. */
const FIRST_PLAIN_TYPE = 0x65;
const REFERENCE_TYPES = [0x63, 0x64];
const LAST_VALUE_TYPE = 0x7f;

/** The bytes are not as expected: the browser says better what is wrong. */
export class Unreadable extends Error {}

export class ModuleReader extends ByteReader {
  protected fail(reason: string): never {
    throw new Unreadable(reason);
  }

  /** A name. */
  text(): string {
    return new TextDecoder().decode(this.take(this.varint()));
  }

  /** A section, or undefined when there is none of this kind. Where it starts and ends is in all bytes. */
  section(wanted: number): Section | undefined {
    while (this.remaining > 0) {
      const start = this.position;
      const id = this.u8();
      const contents = this.take(this.varint());
      if (id === wanted) {
        return { start, end: this.position, contents: new ModuleReader(contents) };
      }
    }
    return undefined;
  }

  /** Sizes; without a maximum that is the initial one, and takes no bytes. */
  limits(): {
    flags: number;
    initial: number;
    maximum: number;
    maximumAt: { start: number; end: number };
  } {
    const flags = this.u8();
    if (flags & ~ALL_FLAGS) this.fail("limits");
    const initial = this.varint();
    const start = this.position;
    const maximum = flags & HAS_MAXIMUM ? this.varint() : initial;
    const end = this.position;
    if (flags & HAS_PAGE_SIZE) this.varint();
    return { flags, initial, maximum, maximumAt: { start, end } };
  }

  skipType(): void {
    const type = this.u8();
    if (REFERENCE_TYPES.includes(type)) this.varint();
    else if (type < FIRST_PLAIN_TYPE || type > LAST_VALUE_TYPE) this.fail("type");
  }
}

export interface Section {
  start: number;
  end: number;
  contents: ModuleReader;
}

/** The first section of a kind. @throws Unreadable */
export function findSection(module: Uint8Array, wanted: number): Section | undefined {
  const reader = new ModuleReader(module);
  reader.take(PREAMBLE_BYTES);
  return reader.section(wanted);
}
