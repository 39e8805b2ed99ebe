/** IPv4 packets that are larger than the link: put together (RFC 815) and taken apart (RFC 791, 3.2). */
import {
  FRAGMENT_TIMEOUT_MS,
  MAX_FRAGMENTED_PACKETS,
  MAX_FRAGMENTS,
} from "../../../shared/limits.ts";
import type { Clock } from "../clock.ts";
import { write16 } from "./addresses.ts";
import { addToChecksum, foldChecksum } from "./checksum.ts";
import { ETHERNET_HEADER_BYTES } from "./ethernet.ts";
import { IPV4_HEADER_BYTES, type Ipv4Packet, PAYLOAD_OFFSET } from "./ipv4.ts";

/** What a packet's 16-bit length leaves for the payload. */
const MAX_PAYLOAD_BYTES = 0xffff - IPV4_HEADER_BYTES;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_UNIT = 8;

interface Partial {
  parts: { offset: number; payload: Uint8Array }[];
  first?: Ipv4Packet;
  /** Known once the last fragment is here. */
  length?: number;
  cancel(): void;
}

export class Reassembly {
  readonly #clock: Clock;
  readonly #partials = new Map<string, Partial>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a fragment. @returns the packet, when all of it is here */
  add(packet: Ipv4Packet): Ipv4Packet | undefined {
    const { fragment, payload } = packet;
    if (!fragment || fragment.offset + payload.length > MAX_PAYLOAD_BYTES) return undefined;
    const { source, destination, protocol } = packet;
    const key = `${source}:${destination}:${protocol}:${fragment.identification}`;
    const partial = this.#partials.get(key) ?? this.#begin(key);
    if (!partial) return undefined;
    partial.parts.push({ offset: fragment.offset, payload });
    if (fragment.offset === 0) partial.first = packet;
    if (!fragment.more) partial.length = fragment.offset + payload.length;
    const whole = join(partial);
    if (whole || partial.parts.length >= MAX_FRAGMENTS) this.#end(key, partial);
    return whole && partial.first && { ...partial.first, payload: whole };
  }

  clear(): void {
    for (const [key, partial] of this.#partials) this.#end(key, partial);
  }

  #begin(key: string): Partial | undefined {
    if (this.#partials.size >= MAX_FRAGMENTED_PACKETS) return undefined;
    const cancel = this.#clock.after(FRAGMENT_TIMEOUT_MS, () => this.#partials.delete(key));
    const partial: Partial = { parts: [], cancel };
    this.#partials.set(key, partial);
    return partial;
  }

  #end(key: string, { cancel }: Partial): void {
    cancel();
    this.#partials.delete(key);
  }
}

/** @returns undefined while something is missing; fragments that overlap are an attack (RFC 5722), and never fit */
function join({ parts, length }: Partial): Uint8Array | undefined {
  if (length === undefined) return undefined;
  const sorted = [...parts].sort((one, other) => one.offset - other.offset);
  let end = 0;
  for (const { offset, payload } of sorted) {
    if (offset !== end) return undefined;
    end += payload.length;
  }
  if (end !== length) return undefined;
  const whole = new Uint8Array(length);
  for (const { offset, payload } of sorted) whole.set(payload, offset);
  return whole;
}

/** The frames of a packet: itself, where it fits. The Ethernet headers are empty. */
export function fragment(frame: Uint8Array, mtu: number, identification: number): Uint8Array[] {
  if (frame.length - ETHERNET_HEADER_BYTES <= mtu) return [frame];
  const step = Math.floor((mtu - IPV4_HEADER_BYTES) / OFFSET_UNIT) * OFFSET_UNIT;
  const frames: Uint8Array[] = [];
  for (let at = PAYLOAD_OFFSET; at < frame.length; at += step) {
    const payload = frame.subarray(at, at + step);
    const part = new Uint8Array(PAYLOAD_OFFSET + payload.length);
    part.set(frame.subarray(0, PAYLOAD_OFFSET));
    part.set(payload, PAYLOAD_OFFSET);
    const isLast = at + step >= frame.length;
    const offset = (at - PAYLOAD_OFFSET) / OFFSET_UNIT;
    const header = ETHERNET_HEADER_BYTES;
    write16(part, header + 2, part.length - header);
    write16(part, header + 4, identification);
    write16(part, header + 6, offset | (isLast ? 0 : MORE_FRAGMENTS));
    write16(part, header + 10, 0);
    const sum = foldChecksum(addToChecksum(0, part, header, PAYLOAD_OFFSET));
    write16(part, header + 10, sum);
    frames.push(part);
  }
  return frames;
}
