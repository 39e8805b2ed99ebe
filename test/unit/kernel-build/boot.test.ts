import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { V86 } from "v86";
import { expect, test } from "vitest";
import { Cache } from "../../../images/build/cache.ts";
import { DebianArchive } from "../../../images/build/debian/archive.ts";
import { fetchBios } from "../../../images/build/kernel/bios.ts";
import { findKernel } from "../../../images/build/kernel/find.ts";
import { silent } from "../../../images/build/progress.ts";

/** On a fresh machine Debian's packages have to be fetched first. */
const TIMEOUT_MS = 300_000;
const MEGABYTE = 1 << 20;
const TVERSION = 100;

test(
  "the stock kernel loads its drivers and asks for its root over 9P",
  async () => {
    const cache = await Cache.open();
    const archive = await DebianArchive.open(
      { suite: "trixie", architecture: "i386" },
      cache,
      silent,
    );
    const bios = await fetchBios(archive);
    const kernel = await findKernel("stock", cache, silent);
    const { request, console } = await firstRequest(bios.bytes, kernel);

    expect(console).not.toContain("initrd:");
    // size[4] Tversion tag[2] msize[4] version[s]: version(9P) in the Plan 9 manual, section 5.
    expect(request.readUInt32LE(0)).toBe(request.length);
    expect(request[4]).toBe(TVERSION);
    // 512 KiB were asked for; the virtio transport holds 125 pages.
    expect(request.readUInt32LE(7)).toBe(512_000);
    expect(request.toString("latin1", 13)).toBe("9P2000.L");
  },
  TIMEOUT_MS,
);

interface Bootable {
  bzImage: Uint8Array;
  initrd?: Uint8Array;
  commandLine: string;
}

/** Boots until the guest sends its first 9P message; the console is what it printed until then. */
async function firstRequest(bios: Uint8Array, kernel: Bootable) {
  const image = (bytes: Uint8Array) => ({ buffer: new Uint8Array(bytes).buffer });
  let console = "";
  let emulator: V86 | undefined;
  const request = await new Promise<Buffer>((resolve) => {
    emulator = new V86({
      wasm_path: createRequire(import.meta.url).resolve("v86/build/v86.wasm"),
      // v86 puts the RAM disk at 64 MB.
      memory_size: 128 * MEGABYTE,
      vga_memory_size: 2 * MEGABYTE,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      autostart: true,
      bios: image(bios),
      bzimage: image(kernel.bzImage),
      ...(kernel.initrd ? { initrd: image(kernel.initrd) } : {}),
      cmdline: kernel.commandLine,
      filesystem: { handle9p: (message) => resolve(Buffer.from(message)) },
    });
    emulator.add_listener("serial0-output-byte", (byte: number) => {
      console += String.fromCharCode(byte);
    });
  });
  await emulator?.destroy();
  return { request, console };
}
