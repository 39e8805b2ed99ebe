/** A UDP stream of a client: datagrams to and from one address. */
import type { Socket } from "node:dgram";
import { WISP_DATAGRAM_BYTES } from "../../workers/shared/limits.ts";
import type { WispPacket } from "../../workers/shared/wisp/packet.ts";
import { toRefusal } from "./dialer.ts";
import type { EgressLink, EgressStream } from "./stream.ts";

/** Datagrams kept while the name is looked up. */
const MAX_EARLY = 16;

export class EgressUdpStream implements EgressStream {
  readonly waiting = 0;
  readonly idleMs: number;
  readonly #id: number;
  readonly #link: EgressLink;
  #socket: Socket | undefined;
  #early: Uint8Array[] = [];
  #idleSince = performance.now();
  #done = false;

  constructor(id: number, host: string, port: number, link: EgressLink) {
    this.#id = id;
    this.#link = link;
    this.idleMs = link.limits.udpIdleMs;
    void this.#open(host, port);
  }

  get opening(): boolean {
    return this.#socket === undefined && !this.#done;
  }

  get idleSince(): number {
    return this.#idleSince;
  }

  packet(packet: WispPacket): void {
    this.#idleSince = performance.now();
    if (packet.type === "close") this.abort();
    else if (packet.type !== "data") this.#link.violated(`${packet.type} on a UDP stream`);
    else if (this.#socket) this.#send(packet.bytes);
    else if (this.#early.length < MAX_EARLY) this.#early.push(packet.bytes);
  }

  abort(reason?: number): void {
    if (this.#done) return;
    this.#done = true;
    this.#early = [];
    this.#socket?.close();
    if (reason !== undefined) this.#link.now({ type: "close", stream: this.#id, reason });
    this.#link.closed();
  }

  async #open(host: string, port: number): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#link.dialer.udp(host, port);
    } catch (error) {
      const { reason, message } = toRefusal(error);
      this.#link.metrics.streams(1, { transport: "udp", result: "refused" });
      this.#link.log("info", "stream refused", { host, port, udp: true, reason, why: message });
      this.abort(reason);
      return;
    }
    if (this.#done) {
      socket.close();
      return;
    }
    this.#link.metrics.streams(1, { transport: "udp", result: "opened" });
    this.#socket = socket;
    socket.on("message", (bytes) => this.#received(bytes));
    // "Connection refused" of an earlier datagram: the client's next one may be heard.
    socket.on("error", () => {});
    for (const bytes of this.#early.splice(0)) this.#send(bytes);
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length > WISP_DATAGRAM_BYTES || this.#link.account.spend(bytes.length) > 0) return;
    this.#link.metrics.bytes(bytes.length, { direction: "out" });
    this.#socket?.send(bytes);
  }

  #received(bytes: Buffer): void {
    this.#idleSince = performance.now();
    // Who is over the limit or does not read loses datagrams, as on any network.
    if (this.#link.account.spend(bytes.length) > 0 || this.#link.congested) return;
    this.#link.metrics.bytes(bytes.length, { direction: "in" });
    this.#link.now({ type: "data", stream: this.#id, bytes });
  }
}
