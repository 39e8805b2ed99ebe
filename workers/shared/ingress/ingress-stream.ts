/** A stream of the ingress, the same on both sides: windows by bytes, halves, resets. */
import { NetworkError, type NetworkErrorCode } from "../byte-stream.ts";
import { INGRESS_DATA_BYTES, INGRESS_WINDOW_BYTES } from "../limits.ts";
import { MuxStream } from "../mux/mux-stream.ts";
import { ReceiveWindow } from "../mux/window.ts";
import { type IngressFrame, RESET_REASON } from "./frame.ts";

/** The connection, as a stream needs it. */
export interface IngressLink {
  now(frame: IngressFrame): void;
  whenRoom(frame: IngressFrame): Promise<void>;
  closed(): void;
}

export class IngressStream extends MuxStream {
  readonly #window: ReceiveWindow;

  /** @param credit bytes that the peer lets this side send at first: HELLO's window */
  constructor(id: number, credit: number, link: IngressLink) {
    const window = new ReceiveWindow(INGRESS_WINDOW_BYTES);
    super(
      {
        data: (bytes) => link.whenRoom({ type: "data", stream: id, bytes }),
        end: () => link.now({ type: "end", stream: id }),
        reset: (code) => link.now({ type: "reset", stream: id, reason: reasonOf(code) }),
        consumed: (bytes) => {
          const granted = window.consume(bytes);
          if (granted > 0 && !this.peerEnded) {
            link.now({ type: "window", stream: id, bytes: granted });
          }
        },
        closed: () => link.closed(),
      },
      { credit, unit: "bytes", pieceBytes: INGRESS_DATA_BYTES },
    );
    this.#window = window;
  }

  /** A frame for this stream. */
  frame(frame: IngressFrame): void {
    switch (frame.type) {
      case "data":
        if (this.peerEnded) return;
        if (!this.#window.receive(frame.bytes.length)) {
          this.reset(new NetworkError("ECONNRESET", "The peer sent more than its window allows."));
          return;
        }
        this.received(frame.bytes);
        return;
      case "window":
        this.credit.add(frame.bytes);
        return;
      case "end":
        this.receivedEnd();
        return;
      case "reset":
        this.fail(resetError(frame.reason));
        return;
    }
  }
}

function reasonOf(code: NetworkErrorCode): number {
  if (code === "ECONNREFUSED") return RESET_REASON.refused;
  if (code === "ETIMEDOUT" || code === "EHOSTUNREACH") return RESET_REASON.timeout;
  return RESET_REASON.aborted;
}

function resetError(reason: number): NetworkError {
  switch (reason) {
    case RESET_REASON.refused:
      return new NetworkError("ECONNREFUSED", "Nothing listens on the guest's port.");
    case RESET_REASON.timeout:
      return new NetworkError("ETIMEDOUT", "The guest does not answer.");
    case RESET_REASON.limit:
      return new NetworkError("ECONNABORTED", "The tab has too many connections.");
    default:
      return new NetworkError("ECONNRESET", "The connection was reset.");
  }
}
