/** One TCP stream of a WISP connection, from CONNECT to CLOSE. */
import { type ByteStream, NetworkError } from "../../../shared/byte-stream.ts";
import {
  RELAY_OPEN_MS,
  WISP_DATA_BYTES,
  WISP_LINGER_MS,
  WISP_WINDOW_BYTES,
} from "../../../shared/limits.ts";
import { MuxStream } from "../../../shared/mux/mux-stream.ts";
import { ReceiveWindow } from "../../../shared/mux/window.ts";
import { CLOSE_REASON, closeError } from "../../../shared/wisp/close-reasons.ts";
import type { ServerFeatures } from "../../../shared/wisp/extensions.ts";
import type { WispPacket } from "../../../shared/wisp/packet.ts";

/** A packet of one stream, whose number the connection knows. */
type StreamPacket =
  | { type: "close"; reason: number }
  | { type: "end" }
  | { type: "window"; bytes: number };

/** The connection, as a stream needs it. */
export interface WispStreamLink {
  send(packet: StreamPacket): void;
  sendData(bytes: Uint8Array): Promise<void>;
  /** Counts what is kept for a server without flow control; false when it is too much of it. */
  unpaced(bytes: number): boolean;
  closed(): void;
}

export class WispTcpStream {
  /** The stream once it is open; rejects with the NetworkError that the server's reason means. */
  readonly opened: Promise<ByteStream>;
  readonly #name: string;
  readonly #link: WispStreamLink;
  readonly #control: boolean;
  readonly #window = new ReceiveWindow(WISP_WINDOW_BYTES);
  readonly #stream: MuxStream;
  #settle: { resolve(stream: ByteStream): void; reject(error: NetworkError): void } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lingering = false;

  /**
   * @param name of the destination, for messages
   * @param credit DATA packets that may be sent before the server has said anything
   */
  constructor(name: string, server: ServerFeatures, credit: number, link: WispStreamLink) {
    this.#name = name;
    this.#link = link;
    this.#control = server.streamControl;
    const confirmed = server.openConfirmation;
    this.#stream = new MuxStream(
      {
        data: (piece) => this.#link.sendData(piece),
        end: () => this.#end(),
        reset: (code) => {
          const unable = code === "ECONNRESET";
          const reason = unable ? CLOSE_REASON.clientError : CLOSE_REASON.voluntary;
          this.#link.send({ type: "close", reason });
        },
        consumed: (bytes) => this.#consumed(bytes),
        closed: () => {
          clearTimeout(this.#timer);
          this.#link.closed();
        },
      },
      { credit: confirmed ? 0 : credit, unit: "pieces", pieceBytes: WISP_DATA_BYTES },
    );
    // Without confirmation the only sign of an open stream is that it does something: not worth waiting for.
    this.opened = confirmed ? this.#confirmation() : Promise.resolve(this.#stream);
  }

  /** A packet for this stream. */
  packet(packet: WispPacket): void {
    switch (packet.type) {
      case "data":
        this.#data(packet.bytes);
        return;
      case "continue":
        this.#stream.credit.set(packet.packets);
        this.#isOpen();
        return;
      case "end":
        this.#stream.receivedEnd();
        return;
      case "close":
        this.#close(packet.reason);
        return;
    }
  }

  /** The connection is gone. */
  lost(error: NetworkError): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(new NetworkError("ENETUNREACH", error.message));
    this.#stream.fail(error);
  }

  #confirmation(): Promise<ByteStream> {
    this.#timer = setTimeout(() => {
      const error = new NetworkError("ETIMEDOUT", `${this.#name}: the relay did not answer.`);
      this.#settle?.reject(error);
      this.#settle = undefined;
      this.#stream.abort();
    }, RELAY_OPEN_MS);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  #isOpen(): void {
    if (!this.#settle) return;
    clearTimeout(this.#timer);
    this.#settle.resolve(this.#stream);
    this.#settle = undefined;
  }

  #data(bytes: Uint8Array): void {
    this.#isOpen();
    if (this.#stream.peerEnded || bytes.length === 0) return;
    if (this.#control) {
      if (!this.#window.receive(bytes.length)) {
        this.#stream.reset(this.#tooMuch("the relay sent more than it was allowed"));
        return;
      }
    } else if (!this.#link.unpaced(bytes.length)) {
      this.#link.unpaced(-bytes.length);
      this.#stream.reset(
        this.#tooMuch("it sends faster than it is read, and the relay has no brake"),
      );
      return;
    }
    this.#stream.received(bytes);
    if (this.#lingering) this.#linger();
  }

  #consumed(bytes: number): void {
    if (!this.#control) {
      this.#link.unpaced(-bytes);
      return;
    }
    const granted = this.#window.consume(bytes);
    if (granted > 0 && !this.#stream.peerEnded) this.#link.send({ type: "window", bytes: granted });
  }

  /** Plain WISP has no halves: the stream stays until the other side has been silent for a while. */
  #end(): void {
    if (this.#control) this.#link.send({ type: "end" });
    else this.#linger();
  }

  #linger(): void {
    this.#lingering = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#link.send({ type: "close", reason: CLOSE_REASON.voluntary });
      this.#stream.receivedClose();
    }, WISP_LINGER_MS);
  }

  #close(reason: number): void {
    const error = closeError(reason, this.#name);
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(error);
    if (reason === CLOSE_REASON.voluntary) this.#stream.receivedClose();
    else this.#stream.fail(error);
  }

  #tooMuch(why: string): NetworkError {
    return new NetworkError("ECONNRESET", `${this.#name}: ${why}.`);
  }
}
