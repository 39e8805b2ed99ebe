/** Debian's own kernel starts the same tree: machines that cannot compile a kernel make images with it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Cache, cacheFolder } from "../../../images/build/cache.ts";
import { DebianArchive } from "../../../images/build/debian/archive.ts";
import { Guest } from "../../../images/build/guest/guest.ts";
import { fetchBios } from "../../../images/build/kernel/bios.ts";
import { findKernel } from "../../../images/build/kernel/find.ts";
import { silent } from "../../../images/build/progress.ts";
import { parseManifest } from "../../../images/format/manifest.ts";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { readFile as readGuestFile } from "../../../workers/kernel/filesystem/paths.ts";
import { DirectoryStore } from "../../../workers/shared/directory-store.ts";

const IMAGE = "tiny";
/** On a fresh machine Debian's packages have to be fetched first. */
const TIMEOUT_MS = 300_000;
/** v86 puts the RAM disk at 64 MB. */
const MEMORY_MEGABYTES = 128;

test(
  "the stock kernel loads its drivers, mounts both trees and runs programs",
  async () => {
    const cache = await Cache.open();
    const release = { suite: "trixie", architecture: "i386" };
    const { bytes: bios } = await fetchBios(await DebianArchive.open(release, cache, silent));
    const kernel = await findKernel("stock", cache, silent);
    const folder = join(cacheFolder(), "images");
    const { index } = parseManifest(
      await readFile(join(folder, IMAGE, "manifest.json"), "utf8"),
      IMAGE,
    );
    const store = new DirectoryStore(folder);
    const fs = new FileSystem({ index: decodeTreeIndex(await store.get(index)), store });
    const guest = await Guest.boot({ fs, bios, kernel, memoryMegabytes: MEMORY_MEGABYTES });
    try {
      const roots = "grep -o -e '^[^ ]* / 9p' -e '^[^ ]* /workspace 9p' /proc/mounts";
      expect(
        await guest.run(`uname -sr; ${roots}; grep -o msize=.....0 /proc/mounts | uniq`),
      ).toEqual({
        status: 0,
        // 512 KiB were asked for; the virtio transport holds 125 pages.
        output: `Linux ${kernel.release}\nhost9p / 9p\nlive /workspace 9p\nmsize=512000\n`,
      });
      const bytes = new Uint8Array([1, 2, 3]);
      await guest.run("printf '\\001\\002\\003' > /workspace/new && sync");
      expect(await readGuestFile(fs, "/workspace/new")).toEqual(bytes);
    } finally {
      await guest.destroy();
    }
  },
  TIMEOUT_MS,
);
