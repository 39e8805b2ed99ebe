/** How far programs of a frame may be ahead of who reads them: a frame that does not wait would fill the page. */
import type {
  FromPrograms,
  OutputDescriptor,
  ToPrograms,
} from "../../workers/machine/programs/contract.ts";
import { PROGRAM_OUTPUT_BYTES } from "../../workers/shared/limits.ts";

export class OutputWindows {
  /** What was not said to be read, of each program that runs. */
  readonly #unread = new Map<number, Record<OutputDescriptor, number>>();

  /** What the page tells the frame. */
  sent(about: ToPrograms): void {
    if (about.type === "start") this.#unread.set(about.program, { 1: 0, 2: 0 });
    const unread = this.#unread.get(about.program);
    if (about.type === "read" && unread) unread[about.descriptor] -= about.bytes;
  }

  /** Whether the frame may tell this now. */
  takes(about: FromPrograms): boolean {
    const unread = this.#unread.get(about.program);
    if (!unread) return false;
    if (about.type === "exit" || about.type === "failed") this.#unread.delete(about.program);
    if (about.type !== "output") return true;
    const { descriptor, bytes } = about;
    if (unread[descriptor] + bytes.length > PROGRAM_OUTPUT_BYTES) return false;
    unread[descriptor] += bytes.length;
    return true;
  }
}
