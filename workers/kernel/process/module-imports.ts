/**
 * What a module imports, read from its bytes: the browser tells names and kinds, but not how large a
 * memory must be that is handed to a module; and not all that the engines here run is a module.
 */
import { findSection, IS_SHARED, type Section, Unreadable } from "./module-reader.ts";

/** A memory that several threads use, as a module imports it. Sizes are in pages of 64 KiB. */
export interface SharedMemoryImport {
  module: string;
  name: string;
  initial: number;
  maximum: number;
  /** Where the maximum is among the module's bytes. */
  maximumAt: { start: number; end: number };
}

/** What it takes to run something. */
export interface Needs {
  /** It is for WASIX: a module that imports it, or a package of Wasmer's. */
  wasix: boolean;
  /** The memory that it must be given. */
  sharedMemory?: SharedMemoryImport;
}

/** What the modules of both sizes import WASIX as. */
const WASIX = ["wasix_32v1", "wasix_64v1"];
/** What a package (.webc) begins with. */
const PACKAGE = [0, ...new TextEncoder().encode("webc")];
const IMPORT_SECTION = 2;
/** Kinds of imports. */
const Kind = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

/** What these bytes need. What is neither a module nor a package needs nothing. */
export function needsOf(bytes: Uint8Array): Needs {
  if (PACKAGE.every((byte, at) => bytes[at] === byte)) return { wasix: true };
  const needs: Needs = { wasix: false };
  try {
    const section = findSection(bytes, IMPORT_SECTION);
    if (section) readImports(section, needs);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  return needs;
}

function readImports({ end, contents: section }: Section, needs: Needs): void {
  const start = end - section.remaining;
  for (let left = section.count(); left > 0; left--) {
    const module = section.text();
    const name = section.text();
    const kind = section.u8();
    needs.wasix ||= WASIX.includes(module);
    if (kind === Kind.function) section.varint();
    else if (kind === Kind.global) {
      section.skipType();
      section.u8();
    } else if (kind === Kind.tag) {
      section.u8();
      section.varint();
    } else if (kind === Kind.table) {
      section.skipType();
      section.limits();
    } else if (kind === Kind.memory) {
      const { flags, initial, maximum, maximumAt } = section.limits();
      const at = { start: start + maximumAt.start, end: start + maximumAt.end };
      if (flags & IS_SHARED) needs.sharedMemory = { module, name, initial, maximum, maximumAt: at };
    } else throw new Unreadable("kind");
  }
}
