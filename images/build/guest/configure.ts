/**
 * Turns unpacked packages into an installed system: the guest itself runs their scripts, in the
 * machine and on the 9P server that visitors get.
 */
import type { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import {
  findPath,
  makeDirectories,
  makeSymlink,
  remove,
  writeFile,
} from "../../../workers/kernel/filesystem/paths.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { Progress } from "../progress.ts";
import type { Recipe } from "../recipe.ts";
import type { AgentPrograms, GuestParts } from "./agent.ts";
import { Guest } from "./guest.ts";

/** Where the kernel's command line looks for the first process. */
const INIT_PATH = "/usr/lib/tabnix/init";
/** Where the first process tells Linux that it is: images/agent/mounts.h. */
const EXEC_PATH = "/usr/lib/tabnix/exec";
const SHARE_PATH = "/usr/bin/tabnix-share";
/** Perl-based configuration scripts of a hundred packages need room; visitors' machines need less. */
const MEMORY_MEGABYTES = 384;
const DPKG = "/usr/bin/dpkg";
/** Packages never ask, and never write what they would have asked. */
const ENVIRONMENT = {
  // Without /usr/local: there are WebAssembly tools, which this guest does not run.
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  DEBIAN_FRONTEND: "noninteractive",
  DEBCONF_NONINTERACTIVE_SEEN: "true",
  DEBCONF_NOWARNINGS: "yes",
  LC_ALL: "C.UTF-8",
};
/** Lines of a log that are shown when something failed. */
const LOG_LINES = 25;

/** Folders that mounts cover or that every program expects. */
const FOLDERS: [path: string, mode: number][] = [
  ["/dev", 0o755],
  ["/proc", 0o555],
  ["/sys", 0o555],
  ["/run", 0o755],
  ["/home", 0o755],
  ["/workspace", 0o755],
  ["/root", 0o700],
  ["/tmp", 0o1777],
  ["/etc", 0o755],
  ["/usr/lib/tabnix", 0o755],
  // Some packages look at it before base-files, configured among the last, makes it.
  ["/usr/local", 0o755],
];

/** Files every machine has, unless a recipe or a package brings its own. */
const FILES: Record<string, string> = {
  "/etc/hostname": "tabnix\n",
  // "localhost" is IPv4 alone: a server that listens there is one that the host can reach.
  "/etc/hosts": "127.0.0.1 localhost tabnix\n::1 ip6-localhost ip6-loopback\n",
  "/etc/fstab": "# Tabnix mounts everything before the first program runs.\n",
};

/** Links every machine has, on the same terms. */
const SYMLINKS: Record<string, string> = {
  // The agent writes there which name server the network's lease has named: images/agent/dhcp.h.
  "/etc/resolv.conf": "/run/tabnix/resolv.conf",
};

/** Puts what Tabnix adds into the tree: mount points, the agent's programs, a few files. */
export async function addSystemFiles(
  fs: FileSystem,
  { init, exec, share }: AgentPrograms,
  mtime: number,
): Promise<void> {
  const time = { seconds: mtime, nanoseconds: 0 };
  for (const [path, mode] of FOLDERS) makeDirectories(fs, path, { mode, mtime: time });
  for (const [path, text] of Object.entries(FILES)) {
    if (!findPath(fs, path)) await writeFile(fs, path, encode(text), { mtime: time });
  }
  for (const [path, target] of Object.entries(SYMLINKS)) {
    if (!findPath(fs, path, { follow: false })) makeSymlink(fs, path, target, { mtime: time });
  }
  for (const [path, program, mode] of [
    [INIT_PATH, init, 0o755],
    // Set-user-id: images/agent/tabnix-exec.c says why.
    [EXEC_PATH, exec, 0o4755],
    [SHARE_PATH, share, 0o755],
  ] as const) {
    remove(fs, path);
    await writeFile(fs, path, program, { mode, mtime: time });
  }
}

/** Puts a recipe's own files and links into the tree, over what packages brought. */
async function addRecipeFiles(fs: FileSystem, recipe: Recipe, mtime: number): Promise<void> {
  const time = { seconds: mtime, nanoseconds: 0 };
  for (const file of recipe.files) {
    await writeFile(fs, file.path, file.bytes, { mode: file.mode, mtime: time });
  }
  for (const { path, target } of recipe.symlinks) {
    remove(fs, path);
    makeSymlink(fs, path, target, { mtime: time });
  }
}

/**
 * Configures the packages, adds the recipe's files, and runs its commands. Without dpkg in the tree
 * there is nothing to configure.
 *
 * @param count packages to be configured, for the progress
 * @throws TabnixError `guest-failed` with the end of the log
 */
export async function configureGuest(
  fs: FileSystem,
  parts: GuestParts,
  recipe: Recipe,
  count: number,
  progress: Progress,
): Promise<void> {
  const hasDpkg = findPath(fs, DPKG) !== undefined;
  const { archive, bios, kernel } = parts;
  const now = archive.release.date.getTime();
  const mtime = Math.floor(now / 1000);
  if (!hasDpkg && recipe.run.length === 0) return await addRecipeFiles(fs, recipe, mtime);
  const guest = await Guest.boot({
    fs,
    bios,
    kernel,
    memoryMegabytes: MEMORY_MEGABYTES,
    now,
    // Tools that honour it (shadow's, for one) write this date instead of today's.
    environment: { ...ENVIRONMENT, SOURCE_DATE_EPOCH: String(mtime) },
  });
  try {
    if (hasDpkg) await configurePackages(guest, count, progress);
    // The guest must not hold what it has cached of these files.
    await guest.machine.settle({ dropCaches: true, scrubMemory: false });
    await addRecipeFiles(fs, recipe, mtime);
    for (const command of recipe.run) await runOnce(guest, command, progress);
    await guest.machine.settle({ dropCaches: false, scrubMemory: false });
  } finally {
    await guest.destroy();
  }
}

async function configurePackages(guest: Guest, count: number, progress: Progress): Promise<void> {
  const stage = progress.stage(`Configure ${count} packages in the guest`);
  let seen = 0;
  const { status, output } = await guest.run(
    "mkdir -p /var/lib/dpkg/alternatives /var/log && dpkg --configure -a --force-unsafe-io",
    (text) => {
      for (const [, name] of text.matchAll(/^Setting up (\S+)/gm)) {
        stage.at(`${++seen} of ${count}, ${name}`);
      }
    },
  );
  if (status !== 0) throw failed("dpkg could not configure every package", output);
  const check = await guest.run(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a format of dpkg-query
    "dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\\n' | grep -v '^ii '",
  );
  if (check.output !== "") throw failed("Packages are not installed", check.output);
  stage.done();
}

async function runOnce(guest: Guest, command: string, progress: Progress): Promise<void> {
  const stage = progress.stage(`Run in the guest: ${command}`);
  const { status, output } = await guest.run(command);
  if (status !== 0)
    throw failed(`A command of the recipe ended with status ${status}: ${command}`, output);
  stage.done();
}

function failed(what: string, log: string): TabnixError {
  const lines = log.trimEnd().split("\n").slice(-LOG_LINES).join("\n");
  return new TabnixError("guest-failed", `${what}:\n${lines}`, "Nothing was written.");
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
