/** Boots a finished tree to its prompt, saves the machine there, and tries what it saved. */

import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { loginShell } from "../../../workers/machine/shell.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { ObjectStore } from "../../../workers/shared/store.ts";
import type { ArtefactReference } from "../../format/manifest.ts";
import type { TreeIndex } from "../../format/tree-index.ts";
import type { Progress } from "../progress.ts";
import type { Recipe } from "../recipe.ts";
import type { GuestParts } from "./agent.ts";
import { Guest } from "./guest.ts";

/** The two files of a snapshot, uncompressed. */
export interface SnapshotFiles {
  machine: Uint8Array;
  filesystem: Uint8Array;
}

/** The terminal that visitors find open. */
const TERMINAL = 0;
const SIZE = { rows: 24, columns: 80 };
/** Escape sequences of terminals: CSI, OSC and two-character ones (ECMA-48). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
const ESCAPES = /\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])/g;
/** The end of a shell's prompt. */
const PROMPT = /[#$] $/;

/**
 * @param shell the login shell of the image
 * @throws TabnixError `guest-failed`
 */
export async function takeSnapshot(
  index: TreeIndex,
  store: ObjectStore,
  parts: GuestParts,
  recipe: Recipe,
  shell: string,
  progress: Progress,
): Promise<SnapshotFiles> {
  const stage = progress.stage("Boot to the prompt and take a snapshot");
  const fs = new FileSystem({ index, store });
  const { memoryMegabytes, environment, hostname } = recipe;
  const guest = await Guest.boot({
    fs,
    bios: parts.bios,
    // Memory is zeroed before the kernel allocates any: v86 loaded its compressed image there, and
    // what is left of that in blocks never filled would be a tenth of the snapshot.
    kernel: { ...parts.kernel, commandLine: `${parts.kernel.commandLine} memtest=1` },
    memoryMegabytes,
    hostname,
    environment,
  });
  try {
    await runAll(guest, recipe.warm);
    const screen = await openShell(guest, shell, environment, hostname);
    await guest.machine.settle({ dropCaches: true, scrubMemory: true });
    const machine = await guest.machine.save([{ id: TERMINAL, hostname, screen }]);
    await guest.server.drain();
    stage.done();
    return { machine, filesystem: guest.server.save() };
  } finally {
    await guest.destroy();
  }
}

/**
 * What the recipe's first commands read after the snapshot is restored, in the order of reading: what
 * a visitor's page would fetch for them.
 *
 * @throws TabnixError `guest-failed`, also when the snapshot cannot be restored
 */
export async function firstReads(
  index: TreeIndex,
  store: ObjectStore,
  recipe: Recipe,
  snapshot: SnapshotFiles,
  progress: Progress,
): Promise<ArtefactReference[]> {
  const stage = progress.stage("Restore it and run the first commands");
  const reads: ArtefactReference[] = [];
  const recorder: ObjectStore = {
    get(reference, options) {
      reads.push(reference);
      return store.get(reference, options);
    },
  };
  const { memoryMegabytes, environment, hostname } = recipe;
  const guest = await Guest.create({
    fs: new FileSystem({ index, store: recorder }),
    bios: new Uint8Array(0),
    memoryMegabytes,
    hostname,
    environment,
  });
  try {
    guest.server.restore(snapshot.filesystem);
    await guest.restore(snapshot.machine);
    await runAll(guest, recipe.first);
  } finally {
    await guest.destroy();
  }
  stage.done(`${reads.length} files`);
  return reads;
}

async function runAll(guest: Guest, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    const { status, output } = await guest.run(command);
    if (status === 0) continue;
    throw new TabnixError(
      "guest-failed",
      `A command of the recipe ended with status ${status}: ${command}\n${output}`,
      "Correct the recipe; nothing was written.",
    );
  }
}

/** Opens the visitors' terminal and waits for its prompt. @returns all that it has written */
function openShell(
  guest: Guest,
  shell: string,
  environment: Readonly<Record<string, string>>,
  hostname: string,
): Promise<string> {
  let screen = "";
  const atPrompt = new Promise<string>((resolve) => {
    guest.follow(TERMINAL, (text) => {
      screen += text;
      if (PROMPT.test(screen.replace(ESCAPES, ""))) resolve(screen);
    });
  });
  const program = loginShell({ shell, environment: { ...environment } });
  guest.machine.openTerminal(TERMINAL, SIZE, program, hostname);
  return guest.orFail(atPrompt);
}
