/**
 * v86 as Tabnix uses it: the part of its objects that is touched, typed, and one function that makes
 * an emulator without starting it. v86's own typings cover the options, not the devices.
 */
import "./no-workers.ts";
import { V86 } from "v86";
import { copyOf } from "../shared/bytes.ts";
import { TabnixError } from "../shared/errors.ts";

/** A queue of a virtio device (Virtio 1.0, 2.4). */
export interface VirtQueue {
  /** False until the guest's driver has said where the queue lies. */
  is_configured(): boolean;
  has_request(): boolean;
  pop_request(): VirtQueueBufferChain;
  push_reply(chain: VirtQueueBufferChain): void;
  /** Hands over what was pushed, and interrupts. */
  flush_replies(): void;
  notify_me_after(count: number): void;
  /** The next of the driver's buffers, modulo 2^16. */
  avail_last_idx: number;
  /** Replies that are pushed and not handed over. */
  num_staged_replies: number;
  used_get_idx(): number;
  used_set_idx(index: number): void;
  avail_get_used_event(): number;
  avail_get_flags(): number;
}

export interface VirtQueueBufferChain {
  length_readable: number;
  length_writable: number;
  /** Both go on where the call before has ended. @returns how many bytes there was room for */
  get_next_blob(into: Uint8Array): number;
  set_next_blob(from: Uint8Array): number;
}

/** v86's virtio transport over PCI. */
export interface VirtIO {
  queues: VirtQueue[];
  is_feature_negotiated(bit: number): boolean;
  raise_irq(cause: number): void;
  get_state(): unknown[];
  set_state(state: unknown[]): void;
  reset(): void;
}

/** What v86's VirtIO class is constructed with. */
export interface VirtIOOptions {
  name: string;
  pci_id: number;
  device_id: number;
  subsystem_device_id: number;
  common: {
    initial_port: number;
    queues: { size_supported: number; notify_offset: number }[];
    features: number[];
    on_driver_ok: () => void;
  };
  notification: {
    initial_port: number;
    single_handler: boolean;
    handlers: ((queue: number) => void)[];
  };
  isr_status: { initial_port: number };
  device_specific: {
    initial_port: number;
    struct: { bytes: number; name: string; read: () => number; write: () => void }[];
  };
}

export interface PciBus {
  isa_bridge_space8: Uint8Array;
  device_spaces: Int32Array[];
  devices: ({ pci_id: number; isr_status?: number } | undefined)[];
  raise_irq(pciId: number): void;
  lower_irq(pciId: number): void;
}

export interface Cpu {
  devices: {
    pci: PciBus;
    virtio_9p: { virtio: VirtIO };
    virtio_console: {
      virtio: VirtIO;
      SendEvent(port: number, event: number, value: number): void;
    };
  };
  io: {
    register_read(
      port: number,
      device: { name: string },
      read8: () => number,
      read16: () => number,
      read32: () => number,
    ): void;
  };
  device_raise_irq(line: number): void;
  device_lower_irq(line: number): void;
  reboot_internal(): void;
  get_state(): unknown[];
  set_state(state: unknown[]): void;
  zero_memory(from: number, bytes: number): void;
}

/** An emulator and the parts of it that the machine works on. */
export interface Engine {
  add_listener(event: string, listener: (value: never) => void): void;
  bus: { send(event: string, value?: unknown): void };
  v86: {
    cpu: Cpu;
    yield(milliseconds: number, tick: number): void;
    yield_callback(tick: number): void;
  };
  run(): Promise<void>;
  stop(): Promise<void>;
  destroy(): Promise<void>;
  is_running(): boolean;
  save_state(): Promise<ArrayBuffer>;
  restore_state(state: ArrayBuffer): Promise<void>;
  get_instruction_counter(): number;
}

export interface EngineOptions {
  /** v86's WebAssembly module, compiled. */
  module: WebAssembly.Module;
  memoryMegabytes: number;
  bios: Uint8Array;
  /** Left out when a snapshot is restored. */
  kernel?: { bzImage: Uint8Array; initrd?: Uint8Array; commandLine: string };
  /** Serves the first 9P device, whose tag is "host9p". */
  handle9p: (request: Uint8Array, reply: (bytes: Uint8Array) => void) => void;
}

const MEGABYTE = 1024 * 1024;
/** BIOSes lie in the first megabyte of memory. */
const BIOS_END = MEGABYTE;
/** The least v86 accepts: Tabnix has no screen. */
const VGA_MEGABYTES = 1;

/** What v86 calls when it is made, of its module. */
interface EngineExports {
  memory: WebAssembly.Memory;
  /** @returns where the guest's memory begins */
  allocate_memory(bytes: number): number;
}

/**
 * Makes an emulator with its devices, not yet running.
 *
 * @throws TabnixError `full` when this device has not the memory
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { promise: refused, refuse } = refusal();
  const emulator = new V86({
    wasm_fn: async (imports: WebAssembly.Imports) => {
      const { exports } = await WebAssembly.instantiate(options.module, imports);
      const given = withMemory(exports as unknown as EngineExports, options.memoryMegabytes);
      if (given) return given;
      refuse(noMemory(options.memoryMegabytes));
      // v86 would go on, and fail where nobody is told of it.
      return new Promise(() => {});
    },
    memory_size: options.memoryMegabytes * MEGABYTE,
    vga_memory_size: VGA_MEGABYTES * MEGABYTE,
    autostart: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    bios: { buffer: exactBuffer(options.bios) },
    virtio_console: true,
    // The network card is our own.
    net_device: { type: "none" },
    filesystem: { handle9p: options.handle9p },
    ...(options.kernel
      ? {
          // A copy: v86 fills in the boot protocol's fields in the kernel's own bytes.
          bzimage: { buffer: copyOf(options.kernel.bzImage).buffer },
          cmdline: options.kernel.commandLine,
          ...(options.kernel.initrd
            ? { initrd: { buffer: exactBuffer(options.kernel.initrd) } }
            : {}),
        }
      : {}),
  } as never) as unknown as Engine;
  const loaded = new Promise<void>((resolve) => {
    emulator.add_listener("emulator-loaded", () => resolve());
  });
  await Promise.race([loaded, refused]);
  return emulator;
}

/** The exports with the guest's memory allocated already; undefined when there is not so much. */
function withMemory(exports: EngineExports, megabytes: number): EngineExports | undefined {
  const size = megabytes * MEGABYTE;
  let start: number;
  try {
    start = exports.allocate_memory(size) >>> 0;
  } catch {
    return undefined;
  }
  if (start === 0 || exports.memory.buffer.byteLength < start + size) return undefined;
  return {
    ...exports,
    allocate_memory: (bytes) => (bytes === size ? start : exports.allocate_memory(bytes)),
  };
}

function refusal(): { promise: Promise<never>; refuse: (error: TabnixError) => void } {
  let refuse: (error: TabnixError) => void = () => {};
  const promise = new Promise<never>((_resolve, reject) => {
    refuse = reject;
  });
  return { promise, refuse };
}

function noMemory(megabytes: number): TabnixError {
  return new TabnixError(
    "full",
    `This device has not the ${megabytes} MB of memory that the machine needs.`,
    "Close other tabs and programs and try again, or open an image that needs less.",
  );
}

/**
 * Restores a state into an emulator that has never run and was given no kernel. v86 would first write
 * zeros to all of the guest's memory; but it is zero, except where the BIOS lies, and to write to it
 * takes as long as everything else, and makes the browser back all of it with memory of its own.
 *
 * @throws Error when the bytes are no state of this version of v86
 */
export async function restoreState(engine: Engine, state: ArrayBuffer): Promise<void> {
  const { cpu } = engine.v86;
  const zero = cpu.zero_memory;
  cpu.zero_memory = (from, bytes) => zero(from, Math.min(bytes, BIOS_END - from));
  try {
    await engine.restore_state(state);
  } finally {
    cpu.zero_memory = zero;
  }
}

/** An ArrayBuffer that holds these bytes and nothing else, as v86 wants them. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer
    ? bytes.buffer
    : copyOf(bytes).buffer;
}
