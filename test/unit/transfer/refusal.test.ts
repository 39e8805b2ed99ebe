/** A file that is not whole, not ours or not for here is refused, and the machine is as it was. */
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeAll, expect, test } from "vitest";
import { writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import { EXPORT_VERSION, writeHead } from "../../../workers/kernel/transfer/format.ts";
import type { ErrorCode } from "../../../workers/shared/errors.ts";
import { MemoryFolder, type Step } from "../disk/memory-folder.ts";
import { BASE, treeState } from "../disk/support.ts";
import type { Base } from "../ninep/near-session.ts";
import { changeEverything, IMAGE, smallBase, TestMachine, text } from "./support.ts";

const VERSION_AT = 8;
const LENGTH_AT = 12;
const HEADER_AT = 16;

let base: Base;
let bytes: Uint8Array<ArrayBuffer>;
/** Of a disk with something on it. */
let before: readonly Step[];
let state: string;

beforeAll(async () => {
  base = await smallBase();
  const machine = await TestMachine.start({ base });
  await changeEverything(machine.fs);
  bytes = new Uint8Array(await (await machine.export()).arrayBuffer());
  const folder = new MemoryFolder();
  const old = await TestMachine.start({ base, folder });
  await writeFile(old.fs, "/old", text("old"));
  await old.fs.sync();
  old.disk?.overlay.close();
  before = folder.steps;
  state = JSON.stringify(treeState(old.fs));
});

/** Imports into the old machine. @returns why it was refused; undefined when it was not */
async function refusal(file: Uint8Array<ArrayBuffer>): Promise<ErrorCode | undefined> {
  const folder = MemoryFolder.after(before);
  const machine = await TestMachine.start({ base, folder });
  const error = await machine.import(new Blob([file])).catch((reason) => reason);
  machine.disk?.overlay.close();
  if (error === undefined) return undefined;
  expect(machine.broken).toBeUndefined();
  expect(JSON.stringify(treeState(machine.fs))).toBe(state);
  const again = await TestMachine.start({ base, folder: MemoryFolder.after(folder.steps) });
  again.disk?.overlay.close();
  expect(JSON.stringify(treeState(again.fs))).toBe(state);
  return error.code;
}

function digested(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  file.set(sha256(file.subarray(0, -32)), file.length - 32);
  return file;
}

/** The same file with another header, and right checksums. */
function withHead(head: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new DataView(bytes.buffer).getUint32(LENGTH_AT, true);
  return digested(new Uint8Array([...head, ...bytes.subarray(HEADER_AT + length + 8)]));
}

test("the whole of it is taken", async () => {
  expect(await refusal(bytes)).toBeUndefined();
});

test("cut off at every byte", { timeout: 120_000 }, async () => {
  for (let length = 0; length < bytes.length; length++) {
    const expected = length === 0 ? "invalid-input" : "incomplete";
    expect(await refusal(bytes.slice(0, length)), `at ${length}`).toBe(expected);
  }
});

test("every byte flipped", { timeout: 120_000 }, async () => {
  for (let at = 0; at < bytes.length; at++) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    const codes = at < VERSION_AT ? ["invalid-input"] : ["corrupt", "incomplete"];
    expect(codes, `at ${at}`).toContain(await refusal(flipped));
  }
});

test("what follows the end", async () => {
  expect(await refusal(new Uint8Array([...bytes, 0]))).toBe("corrupt");
});

test("what is something else", async () => {
  expect(await refusal(text("PK\x03\x04 is an archive, and not one of ours"))).toBe(
    "invalid-input",
  );
  expect(await refusal(text("PK"))).toBe("invalid-input");
});

test("a version that is too new, and what an older one never was", async () => {
  for (const [version, code] of [
    [EXPORT_VERSION + 1, "wrong-version"],
    [0, "malformed"],
  ] as const) {
    const length = new DataView(bytes.buffer).getUint32(LENGTH_AT, true);
    const head = bytes.slice(0, HEADER_AT + length + 8);
    new DataView(head.buffer).setUint32(VERSION_AT, version, true);
    head.set(sha256(head.subarray(0, -8)).subarray(0, 8), head.length - 8);
    expect(await refusal(withHead(head))).toBe(code);
  }
});

test("another image, which is named", async () => {
  const machine = await TestMachine.start({
    base,
    image: { image: "python", release: "13.1", date: "2026-02-03", base: BASE.replace(/^0/, "f") },
  });
  await expect(machine.import(new Blob([bytes]))).rejects.toMatchObject({
    code: "wrong-image",
    message: expect.stringMatching(/"base" of 2026-01-02.*"python"/),
    hint: expect.stringContaining("?image=base"),
  });
});

test("a header that promises something else", async () => {
  const header = {
    ...IMAGE,
    made: 0,
    inodes: 1,
    recordBytes: 10,
    bytes: 10,
  };
  expect(await refusal(withHead(writeHead(header)))).toBe("malformed");
  const most = { ...header, recordBytes: Number.MAX_SAFE_INTEGER };
  expect(await refusal(withHead(writeHead(most)))).toBe("malformed");
});

test("too large for the disk, which has its room again", async () => {
  const folder = MemoryFolder.after(before);
  const machine = await TestMachine.start({ base, folder, disk: { freeBytes: 100_000 } });
  const large = await TestMachine.start({ base });
  await writeFile(large.fs, "/large", crypto.getRandomValues(new Uint8Array(60_000)));
  for (let copy = 0; copy < 3; copy++) {
    await writeFile(large.fs, `/copy${copy}`, new Uint8Array(60_000).fill(copy));
  }
  const used = machine.fs.overlay.usage;
  const file = await large.export();
  await expect(machine.call({ op: "inspect", file })).rejects.toMatchObject({ code: "full" });
  await expect(machine.import(file)).rejects.toMatchObject({ code: "full" });
  expect(machine.fs.overlay.usage).toBe(used);
  expect(JSON.stringify(treeState(machine.fs))).toBe(state);
  await writeFile(machine.fs, "/new", new Uint8Array(90_000).fill(3));
  await machine.fs.sync();
});

test("a browser that gives no more room, in the last moment", async () => {
  const folder = MemoryFolder.after(before);
  const machine = await TestMachine.start({ base, folder });
  const large = await TestMachine.start({ base });
  await writeFile(large.fs, "/large", new Uint8Array(40_000).fill(9));
  // Room for the contents, and not for the journal.
  folder.room = folder.used + 41_000;
  await expect(machine.import(await large.export())).rejects.toMatchObject({ code: "full" });
  expect(JSON.stringify(treeState(machine.fs))).toBe(state);
  folder.room = Number.POSITIVE_INFINITY;
  await writeFile(machine.fs, "/new", text("goes on"));
  await machine.fs.sync();
  const again = await TestMachine.start({ base, folder: MemoryFolder.after(folder.steps) });
  expect(treeState(again.fs)).toEqual(treeState(machine.fs));
});

test("one at a time, and cancelled ones change nothing", async () => {
  const folder = MemoryFolder.after(before);
  const machine = await TestMachine.start({ base, folder });
  const file = new Blob([bytes]);
  const first = machine.import(file);
  await expect(machine.export()).rejects.toMatchObject({ code: "busy" });
  await machine.service.handle({ id: 1, op: "cancel" });
  await expect(first).rejects.toThrow();
  expect(JSON.stringify(treeState(machine.fs))).toBe(state);
  await machine.import(file);
  expect(JSON.stringify(treeState(machine.fs))).not.toBe(state);
});
