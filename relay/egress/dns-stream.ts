/**
 * The relay's own resolver: DNS messages over UDP to `resolver.tabnix.internal:53` go to the relay's name
 * servers, and their answers come back (RFC 1035, 4.1.1). Only plain questions, one in each message.
 */

import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { WispPacket } from "../../workers/shared/wisp/packet.ts";
import { DNS_MESSAGE_BYTES, DNS_QUESTIONS } from "../limits.ts";
import type { EgressLink, EgressStream } from "./stream.ts";

/** A name server. */
export interface NameServer {
  address: string;
  port: number;
}

interface Pending {
  socket: Socket;
  timer: ReturnType<typeof setTimeout>;
}

const HEADER_BYTES = 12;
const IDS = 0x10000;
/** Zone transfers; everything else is a lookup. */
const TRANSFERS = [251, 252];

export class DnsStream implements EgressStream {
  readonly opening = false;
  readonly waiting = 0;
  readonly idleMs: number;
  readonly #id: number;
  readonly #link: EgressLink;
  readonly #servers: () => NameServer[];
  readonly #pending = new Set<Pending>();
  #idleSince = performance.now();
  #turn = 0;
  #done = false;

  /** @param servers asked in turns, so that a question that is repeated goes to the next */
  constructor(id: number, servers: () => NameServer[], link: EgressLink) {
    this.#id = id;
    this.#servers = servers;
    this.#link = link;
    this.idleMs = link.limits.udpIdleMs;
  }

  get idleSince(): number {
    return this.#idleSince;
  }

  packet(packet: WispPacket): void {
    this.#idleSince = performance.now();
    if (packet.type === "close") this.abort();
    else if (packet.type !== "data") this.#link.violated(`${packet.type} on a UDP stream`);
    else this.#ask(packet.bytes);
  }

  abort(reason?: number): void {
    if (this.#done) return;
    this.#done = true;
    for (const pending of [...this.#pending]) this.#forget(pending);
    if (reason !== undefined) this.#link.now({ type: "close", stream: this.#id, reason });
    this.#link.closed();
  }

  #ask(question: Uint8Array): void {
    const servers = this.#servers();
    const server = servers[this.#turn++ % Math.max(1, servers.length)];
    if (!server || !isQuestion(question) || this.#pending.size >= DNS_QUESTIONS) {
      this.#link.metrics.queries(1, { result: "dropped" });
      return;
    }
    // A port and an identifier of its own for each question, so that nobody can guess an answer's.
    const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
    const timer = setTimeout(() => {
      this.#link.metrics.queries(1, { result: "timeout" });
      this.#forget(pending);
    }, this.#link.limits.resolveMs);
    const pending: Pending = { socket, timer };
    this.#pending.add(pending);
    const message = Buffer.from(question);
    message.writeUInt16BE(randomInt(IDS), 0);
    socket.on("error", () => this.#forget(pending));
    socket.on("message", (answer) => {
      if (!isAnswer(answer, message)) return;
      this.#forget(pending);
      this.#answer(answer, question);
    });
    socket.connect(server.port, server.address, () => {
      if (this.#pending.has(pending)) socket.send(message);
    });
  }

  #answer(answer: Buffer, question: Uint8Array): void {
    if (this.#done || this.#link.congested) return;
    answer.set(question.subarray(0, 2));
    this.#link.metrics.queries(1, { result: "answered" });
    this.#link.now({ type: "data", stream: this.#id, bytes: answer });
  }

  #forget(pending: Pending): void {
    if (!this.#pending.delete(pending)) return;
    clearTimeout(pending.timer);
    pending.socket.close();
  }
}

/** A standard query with one question that is no zone transfer. */
function isQuestion(message: Uint8Array): boolean {
  if (message.length < HEADER_BYTES || message.length > DNS_MESSAGE_BYTES) return false;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  // QR and OPCODE are 0, and QDCOUNT is 1.
  if ((view.getUint8(2) & 0xf8) !== 0 || view.getUint16(4) !== 1) return false;
  const end = questionEnd(message);
  return end !== undefined && !TRANSFERS.includes(view.getUint16(end - 4));
}

/** An answer to this very question: the same identifier and, where it repeats it, the same name and type. */
function isAnswer(answer: Buffer, question: Buffer): boolean {
  if (answer.length < HEADER_BYTES || ((answer[2] ?? 0) & 0x80) === 0) return false;
  if (answer.readUInt16BE(0) !== question.readUInt16BE(0)) return false;
  const end = questionEnd(question) ?? HEADER_BYTES;
  if (answer.readUInt16BE(4) === 0) return true;
  const repeated = answer.subarray(HEADER_BYTES, end).toString("latin1").toLowerCase();
  return repeated === question.subarray(HEADER_BYTES, end).toString("latin1").toLowerCase();
}

/** Where the first question ends, after its type and class; undefined when it does not. */
function questionEnd(message: Uint8Array): number | undefined {
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    // A compressed name, which no first question has, and a message that ends early.
    if (length === undefined || length > 63) return undefined;
    at += 1 + length;
    if (length === 0) break;
  }
  return at + 4 <= message.length ? at + 4 : undefined;
}
