/**
 * The tuned kernel: Debian's source with the patches and the configuration in images/kernel/, compiled
 * here. It boots four times as fast as the stock one and makes snapshots half as large.
 */
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import { DebianArchive } from "../debian/archive.ts";
import type { DebianPackage } from "../debian/packages.ts";
import type { Progress } from "../progress.ts";
import { type Command, runCommand } from "./command.ts";
import { ineffectiveLines } from "./config.ts";
import { type BuiltKernel, COMMAND_LINE, fingerprint, readKernel, writeKernel } from "./kernel.ts";
import { needPackage, readPackagedFile } from "./package.ts";
import { checkToolchain, thisHost } from "./toolchain.ts";

/** The long-term kernel of trixie; its package and the folder inside are named alike. */
const SOURCE = "linux-source-6.12";

/** A line is printed whenever so many more files are compiled; there are about 1100. */
const REPORT_EVERY = 200;

/** What of this checkout makes a tuned kernel of Debian's source. */
interface Ingredients {
  /** Lines of the configuration. */
  fragment: string;
  /** Unified diffs, in the order they are applied. */
  patches: readonly string[];
}

/** The tuned kernel of this checkout's ingredients, if `npm run kernel` has built it. */
export async function cachedTunedKernel(cache: Cache): Promise<BuiltKernel | undefined> {
  return await readKernel(cache, cacheKey(await readIngredients()));
}

/**
 * Compiles the tuned kernel from Debian's newest source; takes minutes, or nothing when the cache
 * has it already. The source, 1.5 GB unpacked, is removed afterwards.
 *
 * @param refresh ask the mirror even if it was asked within a day
 * @throws TabnixError `missing-tool`, `invalid-input` when a line of the configuration has no effect,
 *   and as {@link DebianArchive.open} and {@link DebianArchive.download}
 */
export async function buildTunedKernel(
  cache: Cache,
  progress: Progress,
  refresh = false,
): Promise<BuiltKernel> {
  const ingredients = await readIngredients();
  const key = cacheKey(ingredients);
  const options = { suite: "trixie", architecture: "i386", refresh };
  const archive = await DebianArchive.open(options, cache, progress);
  const source = needPackage(archive, SOURCE);
  return await cache.exclusively("kernel-build", async () => {
    const known = await readKernel(cache, key);
    if (known?.packages.some(({ sha256 }) => sha256 === source.sha256)) return known;
    checkToolchain(thisHost());
    const folder = cache.path("kernels/build");
    try {
      await unpack(archive, source, folder, progress);
      await patch(join(folder, SOURCE), ingredients.patches);
      const kernel = await compile(join(folder, SOURCE), ingredients.fragment, source, progress);
      await writeKernel(cache, key, kernel);
      return kernel;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

const FOLDER = new URL("../../kernel/", import.meta.url);
const FRAGMENT = new URL("tuned.config", FOLDER);

async function readIngredients(): Promise<Ingredients> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".patch")).sort();
  return {
    fragment: await readFile(FRAGMENT, "utf8"),
    patches: await Promise.all(names.map((name) => readFile(new URL(name, FOLDER), "utf8"))),
  };
}

/** Without the source: the kernel of a newer one replaces that of an older one. */
function cacheKey({ fragment, patches }: Ingredients): string {
  return `tuned-${fingerprint(fragment, ...patches)}`;
}

async function patch(folder: string, patches: readonly string[]): Promise<void> {
  // No fuzz: a patch whose surroundings have changed is looked at again by a person.
  const args = ["--strip=1", "--fuzz=0", "--batch", "--forward"];
  for (const text of patches) {
    await runCommand({ program: "patch", args, folder, input: new TextEncoder().encode(text) });
  }
}

async function unpack(
  archive: DebianArchive,
  source: DebianPackage,
  folder: string,
  progress: Progress,
): Promise<void> {
  const packed = await readPackagedFile(archive, source, `/usr/src/${SOURCE}.tar.xz`);
  const stage = progress.stage("Unpack the kernel's source");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await runCommand({ program: "tar", args: ["-xJf", "-"], folder, input: packed });
  stage.done(`${source.name} ${source.version}`);
}

async function compile(
  folder: string,
  fragment: string,
  source: DebianPackage,
  progress: Progress,
): Promise<BuiltKernel> {
  // Nothing of this machine or this moment goes into the kernel.
  const env = {
    LC_ALL: "C",
    MAKEFLAGS: "",
    KBUILD_BUILD_USER: "tabnix",
    KBUILD_BUILD_HOST: "tabnix",
    KBUILD_BUILD_TIMESTAMP: (await stat(join(folder, "Makefile"))).mtime.toUTCString(),
  };
  const make = (args: readonly string[], onLine?: Command["onLine"]) =>
    runCommand({
      program: "make",
      args: ["ARCH=i386", ...args],
      folder,
      env,
      ...(onLine ? { onLine } : {}),
    });

  const configure = progress.stage("Configure the kernel");
  await make([`KCONFIG_ALLCONFIG=${new URL(FRAGMENT).pathname}`, "allnoconfig"]);
  const lost = ineffectiveLines(fragment, await readFile(join(folder, ".config"), "utf8"));
  if (lost.length > 0) {
    throw new TabnixError(
      "invalid-input",
      `These lines of images/kernel/tuned.config have no effect in ${source.version}: ${lost.join(", ")}.`,
      "Correct or remove them.",
    );
  }
  configure.done();

  const build = progress.stage("Compile the kernel");
  let objects = 0;
  await make([`-j${availableParallelism()}`, "bzImage"], (line) => {
    if (!/^ {2}(CC|AS) /.test(line)) return;
    objects++;
    if (objects % REPORT_EVERY === 0) progress.note(`  ${objects} files compiled`);
  });
  build.done(`${objects} files`);

  return {
    flavour: "tuned",
    release: (await readFile(join(folder, "include/config/kernel.release"), "utf8")).trim(),
    bzImage: await readFile(join(folder, "arch/x86/boot/bzImage")),
    commandLine: COMMAND_LINE,
    packages: [source],
  };
}
