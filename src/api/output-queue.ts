import { iterable } from "../../workers/shared/iterate-stream.ts";

export interface OutputListener {
  /** So many bytes were taken from the stream. */
  onRead(bytes: number): void;
  /** Nobody reads the stream any more. */
  onCancel(): void;
}

/** What has come of an output and was not read yet, as a stream. How much that may be, the sender knows. */
export class OutputQueue {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #listener: OutputListener;
  readonly #waiting: Uint8Array[] = [];
  #state: "open" | "ended" | "closed" = "open";
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #wanted: (() => void) | undefined;

  constructor(listener: OutputListener) {
    this.#listener = listener;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => {
          if (this.#state === "open") listener.onCancel();
          this.#close();
        },
      },
      // Nothing counts as read before somebody reads it.
      { highWaterMark: 0 },
    );
    this.stream = iterable(stream);
  }

  push(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#waiting.push(bytes);
    this.#pump();
  }

  /** Nothing more comes; what has come can still be read. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.#pump();
  }

  /** Reading fails with this from now on. */
  fail(reason: unknown): void {
    if (this.#state === "closed") return;
    this.#close();
    this.#controller?.error(reason);
  }

  #pull(): Promise<void> {
    const wanted = new Promise<void>((resolve) => {
      this.#wanted = resolve;
    });
    this.#pump();
    return wanted;
  }

  #pump(): void {
    if (this.#wanted && this.#waiting.length > 0) {
      const bytes = this.#waiting.shift()!;
      this.#controller?.enqueue(bytes);
      this.#listener.onRead(bytes.length);
      this.#satisfy();
    }
    if (this.#state !== "ended" || this.#waiting.length > 0) return;
    this.#close();
    this.#controller?.close();
  }

  #close(): void {
    this.#state = "closed";
    this.#waiting.length = 0;
    this.#satisfy();
  }

  #satisfy(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }
}
