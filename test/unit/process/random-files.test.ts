/** Files that the guest and a WebAssembly program change at once are what Linux would make of them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { restoredGuest } from "./restored-guest.ts";

const TIMEOUT_MS = 240_000;
const OPERATIONS = 150;
const SCRIPT = "random_files.py";

let guest: Guest;

beforeAll(async () => {
  guest = await restoredGuest("python");
  const source = await readFile(join(import.meta.dirname, SCRIPT));
  await writeFile(guest.fs, `/workspace/${SCRIPT}`, source);
}, TIMEOUT_MS);

afterAll(() => guest.destroy());

test.each([1, 2])(
  "seed %i",
  async (seed) => {
    const folders = "/workspace/here /dev/shm/oracle";
    await guest.run(`rm -rf ${folders}; mkdir ${folders}`);
    const command = `/usr/bin/python3 /workspace/${SCRIPT} ${seed} ${OPERATIONS} ${folders} 2>&1`;
    expect(await guest.run(command)).toEqual({ status: 0, output: `same ${OPERATIONS} 0\n` });
  },
  TIMEOUT_MS,
);
