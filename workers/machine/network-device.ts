/**
 * The guest's network card: a virtio-net device (Virtio 1.2, 5.1) on v86's transport, in place of v86's own.
 *
 * An emulated processor spends its time on each packet and on each byte that it touches, so the card takes
 * from it what a good card does. Checksums: what the guest sends comes with a part of its sum and is
 * completed here, and what it receives is marked as verified, which it is: frames come by messages between
 * workers, which damage nothing, and whoever makes one computes its sums. Large packets, in buffers of a page
 * each, several to a frame. Interrupts only when the driver asks for them; and those that say no more than that
 * frames are sent wait a moment for others, or for a received frame, with which the driver looks for both.
 *
 * A frame for which the guest has no buffers is dropped and counted, as by a card whose ring is full: TCP
 * sends it again. So are frames before the guest's driver runs: its queue would be at address 0.
 */
import { MAC_BYTES } from "../kernel/network/link/addresses.ts";
import { addToChecksum, foldChecksum } from "../kernel/network/link/checksum.ts";
import { ETHERNET_OVERHEAD_BYTES, NETWORK_MTU } from "../shared/limits.ts";
import { keepWithProcessor, virtioClass } from "./devices.ts";
import type { Cpu, VirtIO, VirtQueue, VirtQueueBufferChain } from "./engine.ts";

const PCI_SLOT = 0x0a;
const IO_BASE = 0xc600;
/** virtio-net as PCI knows it: vendor 0x1AF4, device 0x1040 + 1. */
const DEVICE = 0x1041;
const SUBSYSTEM = 1;
const STATE_INDEX = 201;
const QUEUE_SIZE = 1024;
const RECEIVE_QUEUE = 0;
const TRANSMIT_QUEUE = 1;

/** Bits of feature sets (5.1.3 and 6). */
const FEATURES = {
  csum: 0,
  guestCsum: 1,
  mtu: 3,
  mac: 5,
  mergeReceiveBuffers: 15,
  status: 16,
  eventIndex: 29,
  version1: 32,
} as const;

/** `struct virtio_net_hdr` (5.1.6): before each frame. */
const HEADER = { bytes: 12, checksumStart: 6, checksumOffset: 8, buffers: 10 } as const;
const NEEDS_CHECKSUM = 1;
const CHECKSUM_VALID = 2;
const LINK_UP = 1;
const USED_BUFFER_INTERRUPT = 1;
const MAX_FRAME = NETWORK_MTU + ETHERNET_OVERHEAD_BYTES;
/** How long the driver may not know that a frame is sent: it keeps the frame's memory so long. */
const SENT_INTERRUPT_MS = 2;
/** Buffers to one frame; a driver's are of a page when they are full. */
const MAX_BUFFERS = 128;
/** Locally administered. The agent gives the card another before the network is used. */
const FIRST_MAC = [0x02, 0, 0, 0, 0, 0x01];

export class NetworkDevice {
  /** Frames that the guest could not take. */
  dropped = 0;
  readonly #device: VirtIO;
  #sentTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param onFrame gets the frames that the guest sends, each with its array; left out, they go nowhere */
  constructor(cpu: Cpu, onFrame: (frame: Uint8Array) => void = () => {}) {
    const register = (name: string, bytes: number, value: number) => ({
      bytes,
      name,
      read: () => value,
      write: () => {},
    });
    this.#device = new (virtioClass(cpu))(cpu, {
      name: "virtio-net",
      pci_id: PCI_SLOT << 3,
      device_id: DEVICE,
      subsystem_device_id: SUBSYSTEM,
      common: {
        initial_port: IO_BASE + 0x200,
        queues: [RECEIVE_QUEUE, TRANSMIT_QUEUE].map((queue) => ({
          size_supported: QUEUE_SIZE,
          notify_offset: queue,
        })),
        features: Object.values(FEATURES),
        on_driver_ok: () => {},
      },
      notification: {
        initial_port: IO_BASE + 0x300,
        single_handler: false,
        // New buffers to receive into: the next frame finds them.
        handlers: [() => {}, () => this.#transmit(onFrame)],
      },
      isr_status: { initial_port: IO_BASE + 0x100 },
      device_specific: {
        initial_port: IO_BASE,
        struct: [
          ...FIRST_MAC.slice(0, MAC_BYTES).map((byte, i) => register(`mac ${i}`, 1, byte)),
          register("status", 2, LINK_UP),
          register("max_virtqueue_pairs", 2, 1),
          register("mtu", 2, NETWORK_MTU),
        ],
      },
    });
    keepWithProcessor(cpu, STATE_INDEX, this.#device);
  }

  /** Gives a frame to the guest. */
  receive(frame: Uint8Array): void {
    const queue = this.#device.queues[RECEIVE_QUEUE]!;
    const buffers = frame.length <= MAX_FRAME && take(queue, HEADER.bytes + frame.length);
    if (!buffers) {
      this.dropped += 1;
      return;
    }
    const header = new Uint8Array(HEADER.bytes);
    header[0] = CHECKSUM_VALID;
    header[HEADER.buffers] = buffers.length;
    buffers[0]!.set_next_blob(header);
    let written = 0;
    for (const buffer of buffers) {
      written += buffer.set_next_blob(frame.subarray(written));
      queue.push_reply(buffer);
    }
    if (this.#handOver(queue)) this.#device.raise_irq(USED_BUFFER_INTERRUPT);
  }

  #transmit(onFrame: (frame: Uint8Array) => void): void {
    const queue = this.#device.queues[TRANSMIT_QUEUE]!;
    while (queue.has_request()) {
      const buffer = queue.pop_request();
      const frame = readFrame(buffer);
      if (frame) onFrame(frame);
      queue.push_reply(buffer);
    }
    queue.notify_me_after(0);
    if (!this.#handOver(queue) || this.#sentTimer !== undefined) return;
    this.#sentTimer = setTimeout(() => {
      this.#sentTimer = undefined;
      this.#device.raise_irq(USED_BUFFER_INTERRUPT);
    }, SENT_INTERRUPT_MS);
  }

  /** Hands used buffers over. @returns whether the driver asked for an interrupt (2.7.7.2 and 2.7.10) */
  #handOver(queue: VirtQueue): boolean {
    const before = queue.used_get_idx();
    const after = (before + queue.num_staged_replies) & 0xffff;
    queue.num_staged_replies = 0;
    queue.used_set_idx(after);
    if (!this.#device.is_feature_negotiated(FEATURES.eventIndex)) {
      return (queue.avail_get_flags() & 1) === 0;
    }
    return ((after - queue.avail_get_used_event() - 1) & 0xffff) < ((after - before) & 0xffff);
  }
}

/** Takes buffers of the guest for so many bytes; undefined, and none taken, when there are too few. */
function take(queue: VirtQueue, bytes: number): VirtQueueBufferChain[] | undefined {
  if (!queue.is_configured()) return undefined;
  const first = queue.avail_last_idx;
  const buffers: VirtQueueBufferChain[] = [];
  for (let room = 0; room < bytes; room += buffers.at(-1)!.length_writable) {
    if (buffers.length === MAX_BUFFERS || !queue.has_request()) {
      queue.avail_last_idx = first;
      return undefined;
    }
    buffers.push(queue.pop_request());
  }
  return buffers;
}

/** A frame that the guest sends, with its checksum complete; undefined when it is none that a link takes. */
function readFrame(buffer: VirtQueueBufferChain): Uint8Array | undefined {
  const { length_readable: length } = buffer;
  if (length <= HEADER.bytes || length > HEADER.bytes + MAX_FRAME) return undefined;
  const bytes = new Uint8Array(length);
  buffer.get_next_blob(bytes);
  const frame = bytes.subarray(HEADER.bytes);
  if ((bytes[0]! & NEEDS_CHECKSUM) === 0) return frame;
  const view = new DataView(bytes.buffer);
  const start = view.getUint16(HEADER.checksumStart, true);
  const at = start + view.getUint16(HEADER.checksumOffset, true);
  if (at + 2 > frame.length) return undefined;
  const sum = foldChecksum(addToChecksum(0, frame, start, frame.length));
  // 0 would say that UDP has none, and is the same number to TCP (RFC 768).
  view.setUint16(HEADER.bytes + at, sum === 0 ? 0xffff : sum);
  return frame;
}
