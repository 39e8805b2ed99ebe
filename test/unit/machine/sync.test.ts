/** `sync` without a file: with the tuned kernel it is done when everything is durable. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Guest } from "../../../images/build/guest/guest.ts";
import { readFile } from "../../../workers/kernel/filesystem/paths.ts";
import { hasTunedKernel, restoredGuest } from "../process/restored-guest.ts";

let guest: Guest;
let isTuned: boolean;

beforeAll(async () => {
  guest = await restoredGuest("tiny");
  isTuned = await hasTunedKernel(guest);
});

afterAll(() => guest.destroy());

test("what was written is made durable before it is done, on either tree", async () => {
  const found: string[][] = [];
  const paths = ["/etc/cached", "/workspace/live"];
  const sync = vi.spyOn(guest.fs, "sync").mockImplementation(async () => {
    const contents = paths.map((path) => readFile(guest.fs, path));
    found.push((await Promise.all(contents)).map((bytes) => new TextDecoder().decode(bytes)));
  });
  const command = "echo one > /etc/cached; echo two > /workspace/live; sync; echo $?";
  expect((await guest.run(command)).output).toBe("0\n");
  expect(found.at(-1)).toEqual(isTuned ? ["one\n", "two\n"] : undefined);
  sync.mockRestore();
});
