/** The network card's side of its queues, with a driver that a test plays. A real driver: test/unit/network. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { addToChecksum, foldChecksum } from "../../../workers/kernel/network/link/checksum.ts";
import type {
  Cpu,
  VirtIOOptions,
  VirtQueue,
  VirtQueueBufferChain,
} from "../../../workers/machine/engine.ts";
import { NetworkDevice } from "../../../workers/machine/network-device.ts";
import { NETWORK_MTU } from "../../../workers/shared/limits.ts";

const HEADER_BYTES = 12;
const EVENT_INDEX = 29;

/** A buffer of the driver: bytes that it sends, or room in which it receives. */
class Buffer implements VirtQueueBufferChain {
  readonly length_readable: number;
  readonly length_writable: number;
  readonly bytes: Uint8Array;
  written = 0;

  constructor(content: Uint8Array | number) {
    const isRoom = typeof content === "number";
    this.bytes = isRoom ? new Uint8Array(content) : content;
    this.length_writable = isRoom ? content : 0;
    this.length_readable = isRoom ? 0 : content.length;
  }

  get_next_blob(into: Uint8Array): number {
    into.set(this.bytes);
    return this.bytes.length;
  }

  set_next_blob(from: Uint8Array): number {
    const count = Math.min(from.length, this.bytes.length - this.written);
    this.bytes.set(from.subarray(0, count), this.written);
    this.written += count;
    return count;
  }
}

/** A ring as v86 has it; `event` is the index at whose use the driver wants to be told. */
class Ring {
  readonly buffers: Buffer[] = [];
  readonly used: Buffer[] = [];
  configured = true;
  event = 0;
  avail_last_idx = 0;
  num_staged_replies = 0;
  private index = 0;

  is_configured = () => this.configured;
  has_request = () => this.avail_last_idx < this.buffers.length;
  pop_request = () => this.buffers[this.avail_last_idx++]!;
  push_reply = (buffer: Buffer) => {
    this.used.push(buffer);
    this.num_staged_replies += 1;
  };
  notify_me_after = () => {};
  used_get_idx = () => this.index;
  used_set_idx = (index: number) => {
    this.index = index;
  };
  avail_get_used_event = () => this.event;
  avail_get_flags = () => 0;
}

function card(onFrame?: (frame: Uint8Array) => void) {
  const rings = [new Ring(), new Ring()] as const;
  const state = { interrupts: 0, notify: (_queue: number) => {} };
  class Transport {
    readonly queues = rings as unknown as VirtQueue[];
    constructor(_cpu: Cpu, options: VirtIOOptions) {
      state.notify = (queue) => options.notification.handlers[queue]?.(queue);
    }
    is_feature_negotiated = (bit: number) => bit === EVENT_INDEX;
    raise_irq = () => {
      state.interrupts += 1;
    };
  }
  const cpu = {
    devices: { virtio_9p: { virtio: Object.create(Transport.prototype) } },
    get_state: () => [],
    set_state: () => {},
  } as unknown as Cpu;
  const device = new NetworkDevice(cpu, onFrame);
  const [receive, transmit] = rings;
  return {
    device,
    state,
    receive,
    transmit,
    send: (bytes: Uint8Array) => {
      transmit.buffers.push(new Buffer(bytes));
      state.notify(1);
    },
  };
}

const FRAME = Uint8Array.from({ length: 60 }, (_, at) => at);

/** A frame as a driver sends it: behind a header that may ask for a checksum. */
function sent(frame: Uint8Array, checksum?: { start: number; offset: number }): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + frame.length);
  const view = new DataView(bytes.buffer);
  if (checksum) {
    bytes[0] = 1;
    view.setUint16(6, checksum.start, true);
    view.setUint16(8, checksum.offset, true);
  }
  bytes.set(frame, HEADER_BYTES);
  return bytes;
}

test("frames for which there are too few buffers are dropped and counted, and take none", () => {
  const { device, receive, state } = card();
  receive.configured = false;
  receive.buffers.push(new Buffer(100));
  device.receive(FRAME);
  receive.configured = true;
  device.receive(new Uint8Array(200));
  device.receive(new Uint8Array(NETWORK_MTU + 100));
  expect([device.dropped, receive.used.length, state.interrupts]).toEqual([3, 0, 0]);
  device.receive(FRAME);
  expect([device.dropped, receive.used.length, state.interrupts]).toEqual([3, 1, 1]);
});

test("a frame lies in as many buffers as it needs, and the first says how many", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 14, maxLength: 2000 }),
      fc.array(fc.integer({ min: HEADER_BYTES, max: 600 }), { minLength: 1, maxLength: 40 }),
      (frame, rooms) => {
        const { device, receive } = card();
        receive.buffers.push(...rooms.map((room) => new Buffer(room)));
        device.receive(frame);
        const { used } = receive;
        const all = rooms.reduce((sum, room) => sum + room, 0);
        expect(used.length > 0).toBe(all >= HEADER_BYTES + frame.length);
        if (used.length === 0) return;
        const bytes = used.flatMap(({ bytes, written }) => [...bytes.subarray(0, written)]);
        // Verified; and no other way of offload.
        expect(bytes.slice(0, HEADER_BYTES)).toEqual([2, ...Array(9).fill(0), used.length, 0]);
        expect(Uint8Array.from(bytes.slice(HEADER_BYTES))).toEqual(frame);
        expect(used.every(({ written }) => written > 0)).toBe(true);
      },
    ),
  );
});

test("frames of the guest come as they are, and none that is no frame", () => {
  const frames: Uint8Array[] = [];
  const { send, transmit } = card((frame) => frames.push(frame));
  send(sent(FRAME));
  for (const length of [0, 5, HEADER_BYTES, NETWORK_MTU + 100]) send(new Uint8Array(length));
  expect(frames).toEqual([FRAME]);
  expect(transmit.used).toHaveLength(5);
});

test("checksums are completed, wherever they are, and nothing else is touched", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 300 }),
      fc.nat(310),
      fc.nat(310),
      (bytes, start, offset) => {
        const frames: Uint8Array[] = [];
        card((frame) => frames.push(frame)).send(sent(bytes, { start, offset }));
        const at = start + offset;
        expect(frames).toHaveLength(at + 2 <= bytes.length ? 1 : 0);
        const [frame] = frames;
        if (!frame) return;
        // The sum of what is covered, with its checksum, is what the pseudo-header has put there.
        const partial = (bytes[at]! << 8) | bytes[at + 1]!;
        // RFC 1071: words are of the covered bytes, so an odd place swaps the checksum's.
        fc.pre(offset % 2 === 0);
        const sum = foldChecksum(addToChecksum(0, frame, start, frame.length) + partial);
        const before = foldChecksum(addToChecksum(0, bytes, start, bytes.length));
        expect((frame[at]! << 8) | frame[at + 1]!).toBe(before === 0 ? 0xffff : before);
        expect(sum % 0xffff).toBe(0);
        const others = (of: Uint8Array) => [...of.subarray(0, at), ...of.subarray(at + 2)];
        expect(others(frame)).toEqual(others(bytes));
      },
    ),
  );
});

test("the driver is interrupted where it asked, and of many frames sent at once told once", () => {
  vi.useFakeTimers();
  try {
    const { device, send, receive, transmit, state } = card(() => {});
    receive.buffers.push(...Array.from({ length: 5 }, () => new Buffer(100)));
    receive.event = 2;
    const told = Array.from({ length: 5 }, () => {
      device.receive(FRAME);
      return state.interrupts;
    });
    expect(told).toEqual([0, 0, 1, 1, 1]);
    for (transmit.event = 0; transmit.event < 4; transmit.event++) send(sent(FRAME));
    expect(state.interrupts).toBe(1);
    vi.runAllTimers();
    expect(state.interrupts).toBe(2);
    transmit.event = 9;
    send(sent(FRAME));
    vi.runAllTimers();
    expect(state.interrupts).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
