/** A TCP stream of a client: from CONNECT to the end of both halves. */
import { type ByteStream, join, NetworkError } from "../../workers/shared/byte-stream.ts";
import { WISP_DATA_BYTES } from "../../workers/shared/limits.ts";
import { MuxStream } from "../../workers/shared/mux/mux-stream.ts";
import { CLOSE_REASON } from "../../workers/shared/wisp/close-reasons.ts";
import type { WispPacket } from "../../workers/shared/wisp/packet.ts";
import { metered } from "../metered.ts";
import { toRefusal } from "./dialer.ts";
import { PacketCredit } from "./packet-credit.ts";
import type { SocketStream } from "./socket-stream.ts";
import type { EgressLink, EgressStream } from "./stream.ts";

export class EgressTcpStream implements EgressStream {
  readonly idleMs: number;
  readonly #id: number;
  readonly #link: EgressLink;
  readonly #credit: PacketCredit;
  readonly #stream: MuxStream;
  readonly #dialing = new AbortController();
  readonly #control: boolean;
  #socket: SocketStream | undefined;
  #idleSince = performance.now();
  #waiting = 0;
  #done = false;

  constructor(id: number, host: string, port: number, link: EgressLink) {
    this.#id = id;
    this.#link = link;
    this.idleMs = link.limits.tcpIdleMs;
    this.#credit = new PacketCredit(link.limits.creditPackets);
    this.#control = link.window !== undefined;
    this.#stream = new MuxStream(
      {
        data: (bytes) => link.whenRoom({ type: "data", stream: id, bytes }),
        end: () => this.#end(),
        reset: () => this.#close(CLOSE_REASON.networkError),
        consumed: (bytes) => this.#consumed(bytes),
        // It counts until its socket is done, too.
        closed: () => {},
      },
      { credit: link.window ?? Infinity, unit: "bytes", pieceBytes: WISP_DATA_BYTES },
    );
    void this.#run(host, port);
  }

  get opening(): boolean {
    return this.#socket === undefined && !this.#done;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get idleSince(): number {
    return this.#idleSince;
  }

  packet(packet: WispPacket): void {
    this.#idleSince = performance.now();
    switch (packet.type) {
      case "data":
        this.#data(packet.bytes);
        return;
      case "window":
        this.#stream.credit.add(packet.bytes);
        return;
      case "end":
        this.#stream.receivedEnd();
        return;
      case "close":
        this.#clientClosed();
        return;
      default:
        this.#link.violated(`${packet.type} on an open stream`);
    }
  }

  abort(reason?: number): void {
    this.#dialing.abort();
    if (reason !== undefined && !this.#stream.closed) this.#close(reason);
    this.#break();
    this.#socket?.abort();
  }

  async #run(host: string, port: number): Promise<void> {
    let socket: SocketStream;
    try {
      socket = await this.#link.dialer.tcp(host, port, this.#dialing.signal);
    } catch (error) {
      if (this.#done) return;
      const { reason, message } = toRefusal(error);
      this.#count("refused");
      this.#link.log("info", "stream refused", { host, port, reason, why: message });
      this.#close(reason);
      this.#break();
      return;
    }
    if (this.#dialing.signal.aborted) {
      socket.abort();
      return;
    }
    this.#count("opened");
    this.#socket = socket;
    if (this.#link.confirms && !this.#stream.closed) {
      const packets = this.#link.limits.creditPackets;
      this.#link.now({ type: "continue", stream: this.#id, packets });
    }
    await join(this.#metered(this.#stream, "out"), this.#metered(socket, "in"));
    this.#over();
  }

  #data(bytes: Uint8Array): void {
    if (this.#stream.peerEnded || bytes.length === 0) return;
    this.#waiting += bytes.length;
    this.#link.waits(bytes.length);
    // Counted first: a reader who waits takes the bytes at once, and what is granted then depends on it.
    if (!this.#credit.receive(this.#stream.waiting.pieces + 1)) {
      this.#link.violated("more DATA than CONTINUE allows");
      return;
    }
    this.#stream.received(bytes);
  }

  #consumed(bytes: number): void {
    this.#waiting -= bytes;
    this.#link.waits(-bytes);
    const packets = this.#credit.grant(this.#stream.waiting.pieces);
    if (packets > 0 && !this.#stream.peerEnded) {
      this.#link.now({ type: "continue", stream: this.#id, packets });
    }
  }

  /** The destination has ended its half. Plain WISP has no halves, so that is the end of both. */
  #end(): void {
    if (this.#control) {
      this.#link.now({ type: "end", stream: this.#id });
      return;
    }
    this.#close(CLOSE_REASON.voluntary);
    this.#stream.receivedClose();
    this.#linger();
  }

  /** With stream control CLOSE is a break; plain clients have no other way to say that they are done. */
  #clientClosed(): void {
    if (this.#control || this.#socket === undefined) {
      this.abort();
      return;
    }
    this.#stream.receivedClose();
    this.#linger();
  }

  /** What has come is still sent on, but nobody waits for more. */
  #linger(): void {
    setTimeout(() => this.#socket?.abort(), this.#link.limits.lingerMs).unref();
  }

  #close(reason: number): void {
    this.#link.now({ type: "close", stream: this.#id, reason });
  }

  #break(): void {
    this.#dialing.abort();
    this.#stream.discard(new NetworkError("ECONNABORTED", "The stream was given up."));
    if (!this.#socket) this.#over();
  }

  #over(): void {
    if (this.#done) return;
    this.#done = true;
    this.#link.waits(-this.#waiting);
    this.#waiting = 0;
    this.#link.closed();
  }

  #count(result: string): void {
    this.#link.metrics.streams(1, { transport: "tcp", result });
  }

  #metered(stream: ByteStream, direction: "in" | "out"): ByteStream {
    return metered(stream, this.#link.account, (bytes) => {
      this.#idleSince = performance.now();
      this.#link.metrics.bytes(bytes, { direction });
    });
  }
}
