/** A WASIX program's standard files, as its caller has them open. */

import type { KernelCalls } from "./calls.ts";
import type { WasixProgram } from "./contract.ts";

export class StandardFiles {
  private readonly stdio: WasixProgram["stdio"];
  private readonly calls: KernelCalls;
  /** Where regular files go on. Duplicates, as of `2>&1`, have one position: that of the first. */
  private readonly places: number[];

  constructor(stdio: WasixProgram["stdio"], calls: KernelCalls) {
    this.stdio = stdio;
    this.calls = calls;
    this.places = stdio.map(({ position }) => position);
  }

  /** The next bytes; none at the end. @throws WasiError (by the promise) */
  async read(descriptor: number, length: number): Promise<Uint8Array> {
    const place = this.placeOf(descriptor);
    const offset = this.places[place] ?? 0;
    const { data } = await this.calls.ask({ op: "read", file: descriptor, offset, length });
    this.places[place] = offset + data.length;
    return data;
  }

  /** Writes all of it. @throws WasiError (by the promise) */
  async write(descriptor: number, bytes: Uint8Array): Promise<void> {
    const place = this.placeOf(descriptor);
    const offset = this.places[place] ?? 0;
    const isAppending = this.stdio[descriptor]?.flags.append === true;
    // Before it is written: what goes to a duplicate meanwhile comes after it.
    this.places[place] = offset + bytes.length;
    await this.calls.writeAll(descriptor, bytes, isAppending ? "end" : offset);
  }

  /** Where those are that are regular and not appended to. */
  positions(): (number | null)[] {
    return this.stdio.map(({ kind, flags }, descriptor) =>
      kind === "file" && !flags.append ? (this.places[this.placeOf(descriptor)] ?? null) : null,
    );
  }

  private placeOf(descriptor: number): number {
    return this.stdio[descriptor]?.sameAs ?? descriptor;
  }
}
