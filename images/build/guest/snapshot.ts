/** Boots a finished tree to its prompt and saves the machine there. */

import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { loginShell } from "../../../workers/machine/shell.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { ObjectStore } from "../../../workers/shared/store.ts";
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
    kernel: parts.kernel,
    memoryMegabytes,
    hostname,
    environment,
  });
  try {
    for (const command of recipe.warm) await runOrFail(guest, command);
    const screen = await openShell(guest, shell, environment, hostname);
    await guest.machine.settle({ dropCaches: true, scrubMemory: false });
    for (const command of recipe.keep) await runOrFail(guest, command);
    await guest.machine.settle({ dropCaches: false, scrubMemory: true });
    const machine = await guest.machine.save([{ id: TERMINAL, hostname, screen }]);
    await guest.server.drain();
    stage.done();
    return { machine, filesystem: guest.server.save() };
  } finally {
    await guest.destroy();
  }
}

async function runOrFail(guest: Guest, command: string): Promise<void> {
  const { status, output } = await guest.run(command);
  if (status === 0) return;
  throw new TabnixError(
    "guest-failed",
    `A command of the recipe ended with status ${status}: ${command}\n${output}`,
    "Correct the recipe; nothing was written.",
  );
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
