/** A guest kernel as the image builder takes it, and how it is kept in the cache. */
import { createHash } from "node:crypto";
import type { Cache } from "../cache.ts";
import type { DebianPackage } from "../debian/packages.ts";

/**
 * What both kernels are told. The tuned one mounts the root itself; for the stock one its RAM disk
 * reads the same words (images/kernel/initrd-init.sh).
 */
export const COMMAND_LINE = [
  "console=ttyS0",
  // Measuring the clock and hiding from other programs on the processor cost time for nothing here.
  "tsc=reliable",
  "mitigations=off",
  "random.trust_cpu=on",
  "quiet",
  "root=host9p",
  "rootfstype=9p",
  // The port is that of workers/machine/devices.ts; what it is for here: images/kernel/9p-system.patch.
  "rootflags=trans=virtio,version=9p2000.L,cache=loose,epoch=5ec,msize=524288",
  "rw",
  // What programs write reaches the disk within two seconds, also when they do not ask for it.
  "sysctl.vm.dirty_expire_centisecs=100",
  "sysctl.vm.dirty_writeback_centisecs=100",
  // The network that the host gives has no IPv6: programs need not ask for its addresses.
  "sysctl.net.ipv6.conf.eth0.disable_ipv6=1",
  "init=/usr/lib/tabnix/init",
].join(" ");

/** A kernel that is ready to boot. */
export interface BuiltKernel {
  flavour: "stock" | "tuned";
  /** As `uname -r` prints it. */
  release: string;
  bzImage: Uint8Array;
  /** The initial RAM disk; only the stock kernel needs one. */
  initrd?: Uint8Array;
  /** See {@link COMMAND_LINE}. */
  commandLine: string;
  /** The Debian packages it was made from, for the bill of materials. */
  packages: DebianPackage[];
}

/** The JSON beside the two files, which are named by their SHA-256. */
interface Record {
  flavour: BuiltKernel["flavour"];
  release: string;
  bzImage: string;
  initrd?: string;
  packages: DebianPackage[];
}

/** The SHA-256 of some parts, as lower-case hex; their borders count. */
export function fingerprint(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest("hex");
}

/** The kernel cached under this key; undefined when there is none or a file is damaged. */
export async function readKernel(cache: Cache, key: string): Promise<BuiltKernel | undefined> {
  const text = await cache.read(recordPath(key));
  if (text === undefined) return undefined;
  const record: Record = JSON.parse(Buffer.from(text).toString("utf8"));
  const bzImage = await readHashed(cache, key, record.bzImage);
  if (bzImage === undefined) return undefined;
  const { flavour, release, packages } = record;
  const kernel = { flavour, release, bzImage, commandLine: COMMAND_LINE, packages };
  if (record.initrd === undefined) return kernel;
  const initrd = await readHashed(cache, key, record.initrd);
  return initrd && { ...kernel, initrd };
}

/** Caches a kernel, whole or not at all: the record that makes it known is written last. */
export async function writeKernel(cache: Cache, key: string, kernel: BuiltKernel): Promise<void> {
  const { flavour, release, packages, bzImage, initrd } = kernel;
  const record: Record = {
    flavour,
    release,
    bzImage: await writeHashed(cache, key, bzImage),
    ...(initrd ? { initrd: await writeHashed(cache, key, initrd) } : {}),
    packages,
  };
  await cache.write(recordPath(key), `${JSON.stringify(record, null, 2)}\n`);
}

function recordPath(key: string): string {
  return `kernels/${key}/kernel.json`;
}

async function readHashed(
  cache: Cache,
  key: string,
  sha256: string,
): Promise<Uint8Array | undefined> {
  const bytes = await cache.read(`kernels/${key}/${sha256}`);
  return bytes && sha256Of(bytes) === sha256 ? bytes : undefined;
}

async function writeHashed(cache: Cache, key: string, bytes: Uint8Array): Promise<string> {
  const sha256 = sha256Of(bytes);
  await cache.write(`kernels/${key}/${sha256}`, bytes);
  return sha256;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
