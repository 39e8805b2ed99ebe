/**
 * What Tabnix adds to v86's devices, beside its network card (network-device.ts). It leans on the insides of
 * one pinned version of v86; test/unit/machine/snapshot.test.ts saves and restores it.
 *
 * - A second virtio-9p device, for the live tree. v86 makes one ("host9p"); this one ("live") is
 *   built on the class of the first one's transport, in a PCI slot and I/O ports v86 leaves free.
 *   (In slot 0x0C it would hide the console.) Its state is appended to the processor's, so that
 *   v86's own save and restore carry it.
 * - Ports that the kernel reads to learn whether others have changed a mount's tree. They have no state.
 * - Interrupt lines that several devices share. v86 lowers a line when one device lets go, although
 *   another still asserts it; PCI lines are a wired OR. Without this the second device loses
 *   interrupts.
 * - Console ports 1-3 as plain virtio-serial ports (/dev/vport0pN), without a terminal on top: the
 *   guest is not told that they are consoles. Port 1 is the agent's.
 */
import type { Mount } from "../kernel/contract.ts";
import type { Cpu, VirtIO, VirtIOOptions, VirtQueueBufferChain } from "./engine.ts";

/** The layout of devices in a snapshot; raise it whenever a device is added, moved or removed. */
export const DEVICE_LAYOUT = 2;

/** The port of the virtio console that belongs to the agent. */
export const AGENT_PORT = 1;

const LIVE_TAG = new TextEncoder().encode("live");
const LIVE_PCI_SLOT = 0x0f;
const LIVE_IO_BASE = 0xb000;
/** As images/agent/mounts.h and images/build/kernel/kernel.ts have them: below those that PCI devices are moved to. */
const EPOCH_PORTS: Record<Mount, number> = { live: 0x5e8, system: 0x5ec };
/** virtio-9p as PCI knows it: vendor 0x1AF4, device 0x1040 + 9. */
const VIRTIO_9P_DEVICE = 0x1049;
const VIRTIO_9P_SUBSYSTEM = 9;
/** VIRTIO_9P_MOUNT_TAG, VIRTIO_F_VERSION_1, VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC. */
const VIRTIO_9P_FEATURES = [0, 32, 29, 28];
const QUEUE_SIZE = 32;
const TAG_BYTES = 254;
/** Where the second device's state goes in the processor's; v86 uses indices below 100. */
const STATE_INDEX = 200;
/** VIRTIO_CONSOLE_CONSOLE_PORT (Virtio 1.0, 5.3.6.2). */
const EVENT_CONSOLE_PORT = 4;
/** The PIIX3's PIRQ routing registers, and a PCI configuration word that holds the interrupt pin. */
const PIRQ_ROUTE = 0x60;
const INTERRUPT_WORD = 15;

type Handle9p = (request: Uint8Array, reply: (bytes: Uint8Array) => void) => void;

/** Adds the live tree's device. Call before the emulator runs. */
export function addLiveDevice(cpu: Cpu, handle: Handle9p): void {
  const serve = (chain: VirtQueueBufferChain) => {
    const request = new Uint8Array(chain.length_readable);
    chain.get_next_blob(request);
    handle(request, (reply) => {
      const queue = device.queues[0]!;
      chain.set_next_blob(reply);
      queue.push_reply(chain);
      queue.flush_replies();
    });
  };
  const device: VirtIO = new (virtioClass(cpu))(cpu, {
    name: "virtio-9p-live",
    pci_id: LIVE_PCI_SLOT << 3,
    device_id: VIRTIO_9P_DEVICE,
    subsystem_device_id: VIRTIO_9P_SUBSYSTEM,
    common: {
      initial_port: LIVE_IO_BASE,
      queues: [{ size_supported: QUEUE_SIZE, notify_offset: 0 }],
      features: VIRTIO_9P_FEATURES,
      on_driver_ok: () => {},
    },
    notification: {
      initial_port: LIVE_IO_BASE + 0x100,
      single_handler: false,
      handlers: [
        () => {
          const queue = device.queues[0]!;
          while (queue.has_request()) serve(queue.pop_request());
          queue.notify_me_after(0);
        },
      ],
    },
    isr_status: { initial_port: LIVE_IO_BASE + 0x200 },
    device_specific: {
      initial_port: LIVE_IO_BASE + 0x300,
      struct: [
        { bytes: 2, name: "mount tag length", read: () => LIVE_TAG.length, write: () => {} },
        ...Array.from({ length: TAG_BYTES }, (_, i) => ({
          bytes: 1,
          name: `mount tag ${i}`,
          read: () => LIVE_TAG[i] ?? 0,
          write: () => {},
        })),
      ],
    },
  });
  keepWithProcessor(cpu, STATE_INDEX, device);
}

/** The class of v86's virtio transport, which it does not export. */
export function virtioClass(cpu: Cpu): new (cpu: Cpu, options: VirtIOOptions) => VirtIO {
  return cpu.devices.virtio_9p.virtio.constructor as ReturnType<typeof virtioClass>;
}

/** Has v86's own save and restore include a device. */
export function keepWithProcessor(cpu: Cpu, index: number, device: VirtIO): void {
  const save = cpu.get_state.bind(cpu);
  const restore = cpu.set_state.bind(cpu);
  cpu.get_state = () => {
    const state = save();
    state[index] = device;
    return state;
  };
  cpu.set_state = (state) => {
    restore(state);
    device.set_state(state[index] as unknown[]);
  };
}

/** Answers for the ports of the epochs (workers/kernel/epoch.ts), which are read as 32 bits. */
export function addEpochPorts(cpu: Cpu, epoch: (mount: Mount) => number): void {
  const none = () => 0;
  for (const mount of ["live", "system"] as const) {
    cpu.io.register_read(
      EPOCH_PORTS[mount],
      { name: `epoch ${mount}` },
      none,
      none,
      () => epoch(mount) | 0,
    );
  }
}

/**
 * Makes shared interrupt lines a wired OR.
 *
 * @returns asserts the lines again of devices that wait for the guest; call after a restore
 */
export function shareInterruptLines(cpu: Cpu): () => void {
  const pci = cpu.devices.pci;
  const asserting = new Map<number, Set<number>>();
  const lineOf = (pciId: number): number => {
    const pin = (pci.device_spaces[pciId]![INTERRUPT_WORD]! >> 8) & 0xff;
    const device = (pciId >> 3) & 0xff;
    return pci.isa_bridge_space8[PIRQ_ROUTE + ((pin + device - 2) & 3)]!;
  };
  pci.raise_irq = (pciId) => {
    const line = lineOf(pciId);
    const set = asserting.get(line) ?? new Set();
    asserting.set(line, set.add(pciId));
    cpu.device_raise_irq(line);
  };
  pci.lower_irq = (pciId) => {
    for (const set of asserting.values()) set.delete(pciId);
    const line = lineOf(pciId);
    if (!asserting.get(line)?.size) cpu.device_lower_irq(line);
  };
  return () => {
    for (const device of pci.devices) if (device?.isr_status) pci.raise_irq(device.pci_id);
  };
}

/** Offers console ports other than 0 to the guest as plain ports. */
export function makePortsPlain(cpu: Cpu): void {
  const console = cpu.devices.virtio_console;
  const send = console.SendEvent.bind(console);
  console.SendEvent = (port, event, value) => {
    if (event !== EVENT_CONSOLE_PORT || port === 0) send(port, event, value);
  };
}
