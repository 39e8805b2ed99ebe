/**
 * Joins pieces of terminal output before they go to the page. The guest writes a few kilobytes at a
 * time, and each message, each parse and each acknowledgement has its price. The first piece after a
 * pause goes at once, so an echo never waits; what follows closely goes together.
 */
import { OUTPUT_BATCH_BYTES, OUTPUT_BATCH_MS } from "../shared/limits.ts";

export type SendOutput = (terminal: number, bytes: Uint8Array) => void;

/** Output of one terminal that waits, and when its last batch went. */
interface Batch {
  pieces: Uint8Array[];
  bytes: number;
  sentAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class OutputBatches {
  readonly #send: SendOutput;
  readonly #batches = new Map<number, Batch>();

  constructor(send: SendOutput) {
    this.#send = send;
  }

  /** Takes output; it goes now or within {@link OUTPUT_BATCH_MS}. */
  add(terminal: number, bytes: Uint8Array): void {
    const batch = this.#batches.get(terminal) ?? empty();
    this.#batches.set(terminal, batch);
    batch.pieces.push(bytes);
    batch.bytes += bytes.length;
    const wait = batch.sentAt + OUTPUT_BATCH_MS - performance.now();
    if (wait <= 0 || batch.bytes >= OUTPUT_BATCH_BYTES) this.#flush(terminal, batch);
    else batch.timer ??= setTimeout(() => this.#flush(terminal, batch), wait);
  }

  /** The terminal has ended: sends what waits, and forgets it. */
  end(terminal: number): void {
    const batch = this.#batches.get(terminal);
    if (batch) this.#flush(terminal, batch);
    this.#batches.delete(terminal);
  }

  #flush(terminal: number, batch: Batch): void {
    clearTimeout(batch.timer);
    batch.timer = undefined;
    if (batch.bytes === 0) return;
    const bytes = join(batch);
    batch.pieces = [];
    batch.bytes = 0;
    batch.sentAt = performance.now();
    this.#send(terminal, bytes);
  }
}

function empty(): Batch {
  return { pieces: [], bytes: 0, sentAt: Number.NEGATIVE_INFINITY, timer: undefined };
}

function join({ pieces, bytes }: Batch): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first) return first;
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
