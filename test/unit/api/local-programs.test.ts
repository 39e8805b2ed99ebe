/** Programs as the page has them: numbers, input that is paced, output that is acknowledged, ends. */
import { expect, test } from "vitest";
import type { ProgramEnd } from "../../../src/computer.ts";
import { LocalPrograms } from "../../../src/local/local-programs.ts";
import type { ToPrograms } from "../../../workers/machine/programs/contract.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";
import {
  MAX_PROGRAMS,
  PROGRAM_READ_BYTES,
  PROGRAM_WRITE_BYTES,
} from "../../../workers/shared/limits.ts";

const REQUEST = { command: "cat", environment: {} };

function machine() {
  const sent: ToPrograms[] = [];
  const programs = new LocalPrograms((request) => sent.push(request));
  return { programs, take: () => sent.splice(0) };
}

test("a program has the lowest number that is free, and no number is free beyond the last", () => {
  const { programs, take } = machine();
  for (let i = 0; i < MAX_PROGRAMS; i++) programs.start(REQUEST);
  expect(take().map(({ program }) => program)).toEqual([...Array(MAX_PROGRAMS).keys()]);
  expect(() => programs.start(REQUEST)).toThrow("32 programs run already");
  programs.receive({ program: 3, type: "exit", status: 0 });
  programs.start(REQUEST);
  expect(take()).toEqual([{ program: 3, type: "start", request: REQUEST }]);
});

test("the machine has one piece of input at a time", async () => {
  const { programs, take } = machine();
  const program = programs.start(REQUEST);
  take();
  const input = Uint8Array.from({ length: PROGRAM_WRITE_BYTES + 3 }, (_, i) => i);
  const written = program.write(input);
  expect(take()).toEqual([
    { program: 0, type: "write", bytes: input.subarray(0, PROGRAM_WRITE_BYTES) },
  ]);
  programs.receive({ program: 0, type: "taken", bytes: 1 });
  await Promise.resolve();
  expect(take()).toEqual([]);
  programs.receive({ program: 0, type: "taken", bytes: PROGRAM_WRITE_BYTES - 1 });
  await Promise.resolve();
  expect(take()).toEqual([
    { program: 0, type: "write", bytes: input.subarray(PROGRAM_WRITE_BYTES) },
  ]);
  // Nobody is left who could take the rest: that is no failure.
  programs.receive({ program: 0, type: "exit", status: 0 });
  await written;
  await program.write(Uint8Array.of(1));
  expect(take()).toEqual([]);
});

test("what was read is told in large pieces, for each output", () => {
  const { programs, take } = machine();
  const program = programs.start(REQUEST);
  take();
  program.read(1, PROGRAM_READ_BYTES - 1);
  program.read(2, 5);
  expect(take()).toEqual([]);
  program.read(1, 2);
  expect(take()).toEqual([
    { program: 0, type: "read", descriptor: 1, bytes: PROGRAM_READ_BYTES + 1 },
  ]);
});

test("each program is told of its end once: by itself, by a refusal, or with the machine", () => {
  const { programs, take } = machine();
  const ends: ProgramEnd[][] = [0, 1, 2].map((i) => {
    const ended: ProgramEnd[] = [];
    programs.start({ ...REQUEST, command: `${i}` }).onEnd = (how) => ended.push(how);
    return ended;
  });
  const error = { code: "invalid-input", message: "too long", hint: "shorten" } as const;
  const gone = new TabnixError("guest-failed", "gone");
  programs.receive({ program: 0, type: "exit", status: 7 });
  programs.receive({ program: 0, type: "exit", status: 8 });
  programs.receive({ program: 1, type: "failed", error });
  programs.end(gone);
  programs.end(gone);
  expect(ends).toEqual([
    [{ status: 7 }],
    [{ error: expect.objectContaining({ ...error, name: "TabnixError" }) }],
    [{ error: gone }],
  ]);
  take();
  programs.start(REQUEST);
  expect(take()[0]?.program).toBe(0);
});
