/**
 * Builds the guest's own programs from images/agent/*.c, in a guest: the machine that builds an image
 * may have no C compiler, and none for i386. Debian's tcc is small, and the sources need no headers.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  findPath,
  makeDirectories,
  readFile as readGuestFile,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Cache } from "../cache.ts";
import type { DebianArchive } from "../debian/archive.ts";
import { unpackPackages } from "../debian/unpack.ts";
import type { BuiltKernel } from "../kernel/kernel.ts";
import type { Progress } from "../progress.ts";
import { FileSystemTree } from "./filesystem-tree.ts";
import { Guest } from "./guest.ts";

const SOURCES = new URL("../../agent/", import.meta.url);
const TOOLCHAIN = ["tcc", "busybox-static"];
const INIT = "/usr/lib/tabnix/init";
const PROGRAMS = ["init", "exec", "share"] as const;
/** v86 puts the stock kernel's RAM disk at 64 MB. */
const MEMORY_MEGABYTES = 128;
/** The guest's first process while it compiles: writes a log and a result, then switches off. */
const COMPILE = `#!/bin/busybox sh
cd /src
compile() { /usr/bin/tcc -nostdlib -nostdinc -static -o $2 $1 >>log 2>&1; }
compile tabnixd.c init && compile tabnix-exec.c exec && compile tabnix-share.c share && : >done
/bin/busybox sync
/bin/busybox poweroff -f
`;

/** Everything needed to start a guest. */
export interface GuestParts {
  archive: DebianArchive;
  kernel: BuiltKernel;
  bios: Uint8Array;
}

/** The guest's programs, as i386 ELF executables. */
export interface AgentPrograms {
  /** The first process: tabnixd.c. */
  init: Uint8Array;
  /** What Linux runs WebAssembly files with: tabnix-exec.c. */
  exec: Uint8Array;
  /** Gives a port a public address: tabnix-share.c. */
  share: Uint8Array;
}

/**
 * The guest's programs, from the cache if their sources and compiler are unchanged.
 *
 * @throws TabnixError `guest-failed` with the compiler's messages
 */
export async function buildAgent(
  parts: GuestParts,
  cache: Cache,
  progress: Progress,
): Promise<AgentPrograms> {
  const sources = await readSources();
  const packages = parts.archive.resolve(TOOLCHAIN, { essential: false });
  const hash = createHash("sha256").update(COMPILE);
  for (const { sha256 } of packages) hash.update(sha256);
  for (const { name, text } of sources) hash.update(`${name}\0${text}\0`);
  const folder = `agents/${hash.digest("hex")}`;
  const cached = await Promise.all(PROGRAMS.map((name) => cache.read(`${folder}/${name}`)));
  const [init, exec, share] = cached;
  if (init && exec && share) return { init, exec, share };

  const files = await parts.archive.download(packages);
  const stage = progress.stage("Compile the guest's agent");
  const fs = new FileSystem();
  const mtime = Math.floor(parts.archive.release.date.getTime() / 1000);
  const options = { architecture: "i386", documentation: false, unconfigured: true, mtime };
  await unpackPackages(files, new FileSystemTree(fs), options);
  for (const folder of ["/dev", "/proc", "/sys", "/src"]) makeDirectories(fs, folder);
  const encoder = new TextEncoder();
  for (const { name, text } of sources) {
    await writeFile(fs, `/src/${name}`, encoder.encode(text));
  }
  await writeFile(fs, INIT, encoder.encode(COMPILE), { mode: 0o755 });
  const guest = await Guest.create({
    fs,
    bios: parts.bios,
    kernel: parts.kernel,
    memoryMegabytes: MEMORY_MEGABYTES,
  });
  await guest.runUntilStopped();
  await guest.destroy();
  if (!findPath(fs, "/src/done")) {
    const log = findPath(fs, "/src/log") ? await readGuestFile(fs, "/src/log") : new Uint8Array(0);
    throw new TabnixError(
      "guest-failed",
      `The guest's agent could not be compiled:\n${new TextDecoder().decode(log)}`,
      "Check images/agent/.",
    );
  }
  const programs = {
    init: await readGuestFile(fs, "/src/init"),
    exec: await readGuestFile(fs, "/src/exec"),
    share: await readGuestFile(fs, "/src/share"),
  };
  for (const name of PROGRAMS) await cache.write(`${folder}/${name}`, programs[name]);
  stage.done(PROGRAMS.map((name) => `${name} ${programs[name].length} bytes`).join(", "));
  return programs;
}

async function readSources(): Promise<{ name: string; text: string }[]> {
  const names = (await readdir(SOURCES)).filter((name) => /\.[ch]$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(new URL(name, SOURCES), "utf8") })),
  );
}
