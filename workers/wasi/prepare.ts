/**
 * Prepared starts. An interpreter does the same at every start before it looks at what it is to run:
 * Python makes its types, imports `site`, opens its streams. So a command may be run once on its own, up
 * to where it has done that; each later start begins with the memory it had then, in a fresh instance, and
 * runs `_start` again, on the arguments and in the environment of its caller.
 *
 * The program must be written for it, and say so in its section "tabnix" ("prepare", see
 * workers/kernel/process/prepare-options.ts): its `main` must take a second call in the same memory, and it
 * must tell where to stop, by asking for the resolution of a clock when nothing of it is on the stack that
 * is still needed. What is on the stack is thrown away. Of the instance only the memory is kept: globals
 * are again what they were, so the stack pointer is at the top.
 *
 * A C library's `_start` does nothing when it is called a second time; the address of the word by which it
 * knows is among what the section says.
 */
import type { Memory } from "./memory.ts";
import { type MemoryImage, restoreImage } from "./memory-image.ts";
import type { WasiFunctions } from "./steps.ts";

/** What a prepared start begins with. */
export interface Prepared {
  image: MemoryImage;
  /** Address of the 32-bit word that is not 0 once `_start` has been called. */
  started: number;
}

/** Thrown through the module when it has prepared itself. */
export class Ready {}

/** The functions of a program that prepares itself. */
export function untilReady(functions: WasiFunctions): WasiFunctions {
  return {
    ...functions,
    clock_res_get() {
      throw new Ready();
    },
  };
}

/** Makes a fresh instance one that has prepared itself, and whose `_start` can be called. */
export function resume(exported: WebAssembly.Memory, memory: Memory, prepared: Prepared): void {
  restoreImage(exported, prepared.image);
  memory.setU32(prepared.started, 0);
}
