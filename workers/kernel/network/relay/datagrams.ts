/** UDP through a relay: one stream for each peer. */
import { NetworkError } from "../../../shared/byte-stream.ts";
import { WISP_DATAGRAM_BYTES } from "../../../shared/limits.ts";

/** Datagrams to and from one host and port. As with UDP, any of them may be lost. */
export interface DatagramStream {
  /** Sends one datagram of 65,507 bytes at most; it is lost when there is no room or no relay. */
  send(bytes: Uint8Array): void;
  /** Called with each datagram of the peer, which belongs to the callee. */
  onMessage: ((bytes: Uint8Array) => void) | undefined;
  /** Called once when the relay closes the stream or is gone; not after `close`. */
  onClose: ((error: NetworkError) => void) | undefined;
  /** Ends the stream; nothing is called any more. */
  close(): void;
}

/** How datagrams leave. */
export interface DatagramLink {
  send(bytes: Uint8Array): void;
  close(): void;
}

/** Datagrams kept until the connection is there: the question of a resolver, and its repetitions. */
const MAX_EARLY_DATAGRAMS = 16;

/** A stream that may be older than its connection. */
export class Datagrams implements DatagramStream {
  onMessage: ((bytes: Uint8Array) => void) | undefined;
  onClose: ((error: NetworkError) => void) | undefined;
  #link: DatagramLink | undefined;
  #early: Uint8Array[] = [];
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (bytes.length > WISP_DATAGRAM_BYTES) return;
    if (this.#link) this.#link.send(bytes);
    else if (this.#early.length < MAX_EARLY_DATAGRAMS) this.#early.push(bytes.slice());
  }

  close(): void {
    this.#closed = true;
    this.#early = [];
    this.#link?.close();
  }

  /** The connection is there. */
  attach(link: DatagramLink): void {
    this.#link = link;
    for (const bytes of this.#early.splice(0)) link.send(bytes);
  }

  /** A datagram has come. */
  received(bytes: Uint8Array): void {
    if (!this.#closed) this.onMessage?.(bytes);
  }

  /** The stream is gone without its owner's doing. */
  fail(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onClose?.(
      error instanceof NetworkError ? error : new NetworkError("ECONNRESET", String(error)),
    );
  }
}
