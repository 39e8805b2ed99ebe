/** A stream among others in one WebSocket, as seen from either end. WISP and the ingress have it in common. */
import { type ByteStream, NetworkError, type NetworkErrorCode } from "../byte-stream.ts";
import { Credit } from "./credit.ts";
import { ReceiveQueue } from "./receive-queue.ts";

/** How a stream reaches its peer: the connection, which knows the wire format. */
export interface MuxLink {
  /** Sends a piece once the socket has room; rejects when the connection is gone. */
  data(piece: Uint8Array): Promise<void>;
  /** This half has ended, after all data. */
  end(): void;
  /** The stream is broken on this side. */
  reset(code: NetworkErrorCode): void;
  /** The reader has taken so many bytes, in one piece. */
  consumed(bytes: number): void;
  /** Both halves are over, one way or the other; called once. */
  closed(): void;
}

/** How a stream sends. */
export interface MuxOptions {
  /** What the peer allows at first, in the unit. */
  credit: number;
  /** Whether credit counts bytes or pieces, as WISP does. */
  unit: "bytes" | "pieces";
  /** The largest piece. */
  pieceBytes: number;
}

/** The end of a stream that programs have. What the connection receives for it goes in by `received`. */
export class MuxStream implements ByteStream {
  /** What the peer allows to be sent. */
  readonly credit: Credit;
  readonly #queue: ReceiveQueue;
  readonly #link: MuxLink;
  readonly #options: MuxOptions;
  #writes: Promise<void> = Promise.resolve();
  #ended = false;
  #endSent = false;
  #broken: NetworkError | undefined;
  #closed = false;

  constructor(link: MuxLink, options: MuxOptions) {
    this.#link = link;
    this.#options = options;
    this.credit = new Credit(options.credit);
    this.#queue = new ReceiveQueue((bytes) => this.#link.consumed(bytes));
  }

  /** Received and not read: bytes, and pieces. */
  get waiting(): { bytes: number; pieces: number } {
    return { bytes: this.#queue.bytes, pieces: this.#queue.pieces };
  }

  /** Whether the peer has ended its half, or the stream broke. */
  get peerEnded(): boolean {
    return this.#queue.closed;
  }

  /** Whether both halves are over. */
  get closed(): boolean {
    return this.#closed;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#queue.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(new NetworkError("EPIPE", "This half was ended."));
    const written = this.#writes.then(() => this.#send(bytes));
    this.#writes = written.catch(() => {});
    return written;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#writes = this.#writes.then(() => {
      if (this.#broken || this.#closed) return;
      this.#endSent = true;
      this.#link.end();
      this.#closeIfOver();
    });
  }

  abort(): void {
    if (!this.#closed) this.#link.reset("ECONNABORTED");
    this.discard(new NetworkError("ECONNABORTED", "The connection was aborted on this side."));
  }

  /** Gives the stream up without a word to the peer, who knows or cannot be told. */
  discard(error: NetworkError): void {
    this.#queue.drop(error);
    this.fail(error);
  }

  /** A piece has come for this stream. */
  received(piece: Uint8Array): void {
    if (piece.length > 0) this.#queue.push(piece);
  }

  /** The peer has ended its half. */
  receivedEnd(): void {
    this.#queue.end();
    this.#closeIfOver();
  }

  /** The peer has closed both halves: what came before is still read, what is written goes nowhere. */
  receivedClose(): void {
    this.#queue.end();
    this.#break(new NetworkError("EPIPE", "The peer has closed the connection."));
  }

  /** The stream or the connection broke. What came before is still read. */
  fail(error: NetworkError): void {
    this.#queue.fail(error);
    this.#break(error);
  }

  /** Breaks the stream for a reason of the connection's own, and tells the peer. */
  reset(error: NetworkError): void {
    if (!this.#closed) this.#link.reset(error.code);
    this.fail(error);
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const { unit, pieceBytes } = this.#options;
    for (let at = 0; at < bytes.length; ) {
      if (this.#broken) throw this.#broken;
      const most = Math.min(pieceBytes, bytes.length - at);
      const allowed = await this.credit.take(unit === "bytes" ? most : 1);
      const piece = bytes.subarray(at, at + (unit === "bytes" ? allowed : most));
      await this.#link.data(piece);
      at += piece.length;
    }
    if (this.#broken) throw this.#broken;
  }

  #break(error: NetworkError): void {
    this.#broken ??= error;
    this.credit.fail(this.#broken);
    this.#close();
  }

  #closeIfOver(): void {
    if (this.#endSent && this.#queue.closed) this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.closed();
  }
}
