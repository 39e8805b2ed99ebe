/** The stock kernel's initial RAM disk: a shell, drivers, and the script that mounts the root. */
import { readFile } from "node:fs/promises";
import { type CpioEntry, writeCpio } from "./cpio.ts";
import type { KernelModule } from "./modules.ts";

/** The script, for whoever needs to know whether it changed. */
export async function readInitScript(): Promise<Uint8Array> {
  return await readFile(new URL("../../kernel/initrd-init.sh", import.meta.url));
}

/**
 * Packs the RAM disk.
 *
 * @param busybox the static program of Debian's busybox-static
 * @param init see {@link readInitScript}
 * @param modules in the order to load them
 */
export function writeInitrd(
  busybox: Uint8Array,
  init: Uint8Array,
  modules: readonly KernelModule[],
): Uint8Array {
  const folder = (path: string): CpioEntry => ({ path, mode: 0o755 });
  return writeCpio([
    ...["bin", "dev", "modules", "proc", "root", "sys"].map(folder),
    { path: "bin/busybox", mode: 0o755, bytes: busybox },
    { path: "init", mode: 0o755, bytes: init },
    ...modules.map(({ name, bytes }, index) => ({
      // The script loads them by name, so the number is the order.
      path: `modules/${String(index).padStart(2, "0")}-${name}.ko`,
      mode: 0o644,
      bytes,
    })),
  ]);
}
