/**
 * v86 with its own 9P filesystem on the same kernel, tree and agent. Only the filesystem differs: it
 * lives in this worker, and there is no live tree, so everything is on the one mount.
 */

import { V86 } from "v86";
import engineUrl from "v86/build/v86.wasm?url";
import { parseManifest } from "../../../images/format/manifest.ts";
import { Agent } from "../../../workers/machine/agent/agent.ts";
import {
  AGENT_PORT,
  makePortsPlain,
  shareInterruptLines,
} from "../../../workers/machine/devices.ts";
import type { Engine } from "../../../workers/machine/engine.ts";
import { fasterYield } from "../../../workers/machine/scheduling.ts";
import { loginShell } from "../../../workers/machine/shell.ts";
import { HttpStore } from "../../../workers/shared/http-store.ts";

const MEGABYTE = 1024 * 1024;
const encoder = new TextEncoder();
/** With it the guest asks for an address, as Tabnix's machine has it do. */
const HARDWARE_ADDRESS = Uint8Array.of(0x02, 0, 0, 0, 0, 0x01);
let agent: Agent | undefined;

interface Start {
  image: string;
  origin: string;
  /** A WISP server, whose address begins with `ws:`. */
  relay: string | null;
}

async function start({ image, origin, relay }: Start): Promise<void> {
  const imagesUrl = `${origin}/images/`;
  const response = await fetch(`${imagesUrl}${image}/manifest.json`);
  const manifest = parseManifest(await response.text(), image);
  const store = new HttpStore({ imagesUrl });
  const buffer = async (reference: typeof manifest.bios) => ({
    buffer: (await store.get(reference)).slice().buffer,
  });
  const { kernel } = manifest;
  const emulator = new V86({
    wasm_path: new URL(engineUrl, origin).href,
    memory_size: manifest.memoryMegabytes * MEGABYTE,
    vga_memory_size: MEGABYTE,
    autostart: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    bios: await buffer(manifest.bios),
    bzimage: await buffer(kernel.bzImage),
    ...(kernel.initrd ? { initrd: await buffer(kernel.initrd) } : {}),
    cmdline: kernel.commandLine,
    virtio_console: true,
    net_device: { type: "virtio", ...(relay ? { relay_url: relay.replace(/^ws/, "wisp") } : {}) },
    filesystem: { basefs: `${origin}/peer/fs.json`, baseurl: `${origin}/peer/flat/` },
  } as never) as unknown as Engine;
  await new Promise<void>((resolve) => emulator.add_listener("emulator-loaded", () => resolve()));
  makePortsPlain(emulator.v86.cpu);
  shareInterruptLines(emulator.v86.cpu);
  fasterYield(emulator);
  agent = new Agent(
    { write: (bytes) => emulator.bus.send(`virtio-console${AGENT_PORT}-input-bytes`, bytes) },
    (event) => {
      if (event.type === "hello") {
        if (relay) agent?.setHardwareAddress(HARDWARE_ADDRESS);
        agent?.open(0, loginShell(manifest), { rows: 24, columns: 80 });
        self.postMessage("ready");
      } else if (event.type === "output") {
        agent?.drawn(0, event.bytes.length);
        self.postMessage(event.bytes);
      }
    },
  );
  emulator.add_listener(`virtio-console${AGENT_PORT}-output-bytes`, (bytes: Uint8Array) =>
    agent?.receive(bytes),
  );
  await emulator.run();
}

self.onmessage = ({ data }: MessageEvent<string | Start>) => {
  if (typeof data === "string") agent?.input(0, encoder.encode(data));
  else void start(data);
};
