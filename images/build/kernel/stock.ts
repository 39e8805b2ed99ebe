/**
 * Debian's own kernel: works everywhere, needs no compiler. bookworm is the last release with a
 * kernel for 32-bit processors without PAE, which is what v86 emulates.
 */
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import { DebianArchive } from "../debian/archive.ts";
import type { Deb } from "../debian/deb.ts";
import type { DebianPackage } from "../debian/packages.ts";
import type { Progress } from "../progress.ts";
import { readInitScript, writeInitrd } from "./initrd.ts";
import { type BuiltKernel, COMMAND_LINE, fingerprint, readKernel, writeKernel } from "./kernel.ts";
import { loadOrder, moduleName } from "./modules.ts";
import { needPackage, openPackage, readPackagedFile } from "./package.ts";

/** Drivers of what v86 emulates, and what programs expect; their dependencies come by themselves. */
const MODULES = [
  "virtio_pci",
  "virtio_console",
  "virtio_net",
  "9pnet_virtio",
  "9p",
  "binfmt_misc",
] as const;

/** Where such modules can be; the rest of a kernel's 300 MB of drivers is not kept in memory. */
const POSSIBLE_MODULE =
  /^\/(?:usr\/)?lib\/modules\/[^/]+\/kernel\/(?:fs|net|lib|crypto|drivers\/(?:virtio|char)|drivers\/net(?=\/[^/]+$))\/.*\.ko$/;
const BUILT_IN = /\/modules\.builtin$/;
const KERNEL_FILE = /^\/boot\/vmlinuz-(.+)$/;

/**
 * The newest stock kernel with its RAM disk, from the cache or made now.
 *
 * @param refresh ask the mirror even if it was asked within a day
 * @throws TabnixError as {@link DebianArchive.open} and {@link DebianArchive.download}
 */
export async function stockKernel(
  cache: Cache,
  progress: Progress,
  refresh = false,
): Promise<BuiltKernel> {
  const options = { suite: "bookworm", architecture: "i386", refresh };
  const archive = await DebianArchive.open(options, cache, progress);
  const image = needPackage(archive, imageName(needPackage(archive, "linux-image-686")));
  const busybox = needPackage(archive, "busybox-static");
  const init = await readInitScript();
  const inputs = [image.sha256, busybox.sha256, init, ...MODULES];
  const key = `stock-${fingerprint(...inputs)}`;
  const known = await readKernel(cache, key);
  if (known) return known;

  const deb = await openPackage(archive, image);
  const shell = await readPackagedFile(archive, busybox, "/bin/busybox");
  const stage = progress.stage("Unpack the stock kernel");
  const files = await readKernelFiles(deb, image, stage.advance);
  const modules = loadOrder(MODULES, files.modules, files.builtIn);
  const kernel: BuiltKernel = {
    flavour: "stock",
    release: files.release,
    bzImage: files.bzImage,
    initrd: writeInitrd(shell, init, modules),
    commandLine: COMMAND_LINE,
    packages: [image, busybox],
  };
  await writeKernel(cache, key, kernel);
  stage.done(`${files.release}, ${modules.length} modules`);
  return kernel;
}

/** The package that the one named after the flavour depends on: "linux-image-6.1.0-50-686". */
function imageName({ name, depends }: DebianPackage): string {
  const match = /^linux-image-\S+/.exec(depends);
  if (match) return match[0];
  throw new TabnixError("malformed", `${name} does not say which kernel it is: "${depends}".`);
}

interface KernelFiles {
  release: string;
  bzImage: Uint8Array;
  modules: Map<string, Uint8Array>;
  builtIn: Set<string>;
}

async function readKernelFiles(
  deb: Deb,
  { name, version }: DebianPackage,
  advance: (bytes: number) => void,
): Promise<KernelFiles> {
  const modules = new Map<string, Uint8Array>();
  let builtIn: Set<string> | undefined;
  let kernel: { release: string; bzImage: Uint8Array } | undefined;
  for await (const { path, bytes } of deb.data()) {
    advance(bytes.length);
    const release = KERNEL_FILE.exec(path)?.[1];
    if (release !== undefined) kernel = { release, bzImage: bytes };
    else if (POSSIBLE_MODULE.test(path)) modules.set(moduleName(path), bytes);
    else if (BUILT_IN.test(path)) {
      builtIn = new Set(Buffer.from(bytes).toString("utf8").trim().split("\n").map(moduleName));
    }
  }
  if (kernel && builtIn) return { ...kernel, modules, builtIn };
  throw new TabnixError("malformed", `${name} ${version} is not laid out as a kernel package.`);
}
