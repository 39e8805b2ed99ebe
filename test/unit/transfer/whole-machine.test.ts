/** A machine that was exported with its image is there beside others after the import, or nothing of it is. */
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeAll, expect, test } from "vitest";
import { parseManifest } from "../../../images/format/manifest.ts";
import { decodeTreeIndex } from "../../../images/format/tree-index.ts";
import { readFile, writeFile } from "../../../workers/kernel/filesystem/paths.ts";
import type { ErrorCode } from "../../../workers/shared/errors.ts";
import { ImportedStore } from "../../../workers/shared/imported-store.ts";
import { MemoryFolder } from "../disk/memory-folder.ts";
import { treeState } from "../disk/support.ts";
import type { Base } from "../ninep/near-session.ts";
import type { KeptMachine } from "./memory-machines.ts";
import { changeEverything, smallBase, TestMachine, text } from "./support.ts";
import { WholeImage } from "./whole-image.ts";

const VERSION_AT = 8;
const DIGEST_BYTES = 32;
/** A file is inspected by the code that imports it. */
const INSPECTED_EVERY = 13;

let whole: WholeImage;
/** Of another image. */
let elsewhere: Base;
let bytes: Uint8Array<ArrayBuffer>;
let state: string;

beforeAll(async () => {
  whole = await WholeImage.build();
  elsewhere = await smallBase();
  const machine = await TestMachine.start({ base: whole, whole });
  await changeEverything(machine.fs);
  state = JSON.stringify(treeState(machine.fs));
  bytes = await exportedBytes(machine);
});

async function exportedBytes(machine: TestMachine): Promise<Uint8Array<ArrayBuffer>> {
  const { content } = await machine.call({ op: "export", withImage: true });
  return new Uint8Array(await (content as Blob).arrayBuffer());
}

const another = () => TestMachine.start({ base: elsewhere });

/** Imports it elsewhere. @returns why it was refused; undefined when it was not */
async function refusal(
  file: Uint8Array<ArrayBuffer>,
  machine?: TestMachine,
): Promise<ErrorCode | undefined> {
  const here = machine ?? (await another());
  const error = await here.import(new Blob([file])).catch((reason) => reason);
  expect(here.broken).toBeUndefined();
  expect(treeState(here.fs)).toEqual([]);
  if (error === undefined) return undefined;
  expect(here.machines.kept.size).toBe(0);
  return error.code;
}

test("its image, its files and nothing else are there, and can be exported again", async () => {
  const machine = await another();
  const file = new Blob([bytes]);
  const { image, machine: importable } = await machine.call({ op: "inspect", file });
  expect(image).toBe("small");
  expect(machine.machines.kept.size).toBe(0);
  const digest = Buffer.from(bytes.subarray(-DIGEST_BYTES)).toString("hex");
  expect(importable?.image).toBe(`imported:small-${digest.slice(0, 8)}`);
  expect(await machine.call({ op: "import", file })).toEqual({ image: importable?.image });
  expect(treeState(machine.fs)).toEqual([]);

  const kept = machine.machines.kept.get(importable?.image as string) as KeptMachine;
  expect(kept.objects).toEqual(whole.objects);
  expect(kept.summary?.bytes).toBe(importable?.bytes);
  const manifest = parseManifest(kept.manifest as string, "it");
  expect(manifest).toEqual(whole.manifest);
  const store = new ImportedStore({ get: async (hash) => kept.objects.get(hash) });
  const index = decodeTreeIndex(await store.get(manifest.index));
  const base = manifest.index.sha256;
  const disk = { base, index, store };
  const again = await TestMachine.start({
    base: { index, store },
    whole,
    folder: MemoryFolder.after(kept.folder.steps),
    disk,
  });
  expect(JSON.stringify(treeState(again.fs))).toBe(state);
  expect(await readFile(again.fs, "/home/etc/kept")).toEqual(text("kept"));
  expect(await readFile(again.fs, "/home/etc/hostname")).toEqual(text("another"));
  await writeFile(again.fs, "/new", text("goes on"));
  await again.fs.sync();
  expect((await exportedBytes(again)).length).toBeGreaterThan(bytes.length - 1000);
});

test("the changes alone are a file of version 1", async () => {
  const machine = await TestMachine.start({ base: whole, whole });
  await writeFile(machine.fs, "/new", text("new"));
  const file = new Uint8Array(await (await machine.export()).arrayBuffer());
  expect([file[VERSION_AT], bytes[VERSION_AT]]).toEqual([1, 2]);
  await machine.import(new Blob([file]));
  expect(await readFile(machine.fs, "/new")).toEqual(text("new"));
});

test("cut off at every byte", { timeout: 120_000 }, async () => {
  for (let length = 0; length < bytes.length; length++) {
    const expected = length === 0 ? "invalid-input" : "incomplete";
    expect(await refusal(bytes.slice(0, length)), `at ${length}`).toBe(expected);
  }
});

test("one bit of every byte flipped", { timeout: 120_000 }, async () => {
  for (let at = 0; at < bytes.length; at++) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    const codes = at < VERSION_AT ? ["invalid-input"] : ["corrupt", "incomplete"];
    expect(codes, `at ${at}`).toContain(await refusal(flipped));
  }
});

test("what is checked before the visitor is asked is no less", async () => {
  for (let at = 0; at < bytes.length; at += INSPECTED_EVERY) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] as number) ^ 1;
    const file = new Blob([flipped]);
    const error = await (await another()).call({ op: "inspect", file }).catch((reason) => reason);
    expect(["invalid-input", "corrupt", "incomplete"], `at ${at}`).toContain(error.code);
  }
});

test("what follows the end", async () => {
  expect(await refusal(new Uint8Array([...bytes, 0]))).toBe("corrupt");
});

test("it is there once, and the same file can be imported when it was removed", async () => {
  const machine = await another();
  const file = new Blob([bytes]);
  await machine.import(file);
  const [image = ""] = machine.machines.kept.keys();
  const kept = machine.machines.kept.get(image);
  await expect(machine.call({ op: "inspect", file })).rejects.toMatchObject({ code: "exists" });
  await expect(machine.import(file)).rejects.toMatchObject({
    code: "exists",
    message: expect.stringContaining(image),
  });
  expect(machine.machines.kept.get(image)).toBe(kept);
  machine.machines.kept.delete(image);
  await machine.import(file);
});

test("no room: told before, and when the browser gives no more in the middle", async () => {
  const machine = await another();
  machine.machines.told = 100;
  const file = new Blob([bytes]);
  await expect(machine.call({ op: "inspect", file })).rejects.toMatchObject({ code: "full" });
  for (const room of [0, 50, 200]) {
    machine.machines.room = room;
    expect(await refusal(bytes, machine)).toBe("full");
  }
});

test("cancelled imports leave nothing", async () => {
  const machine = await another();
  const importing = machine.import(new Blob([bytes]));
  await machine.service.handle({ id: 1, op: "cancel" });
  await expect(importing).rejects.toThrow();
  expect(machine.machines.kept.size).toBe(0);
});

test("an image that this browser does not have, and cannot fetch", async () => {
  const image = await WholeImage.build();
  image.loseConnectionTo(image.manifest.bios.sha256);
  const machine = await TestMachine.start({ base: image, whole: image });
  await expect(machine.call({ op: "export", withImage: true })).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("does not have all of the image"),
  });
  await writeFile(machine.fs, "/new", text("goes on"));
  await machine.export();
});

test("a damaged object is not exported", async () => {
  const image = await WholeImage.build();
  image.objects.set(image.manifest.bios.sha256, new Uint8Array(20));
  const machine = await TestMachine.start({ base: image, whole: image });
  await expect(machine.call({ op: "export", withImage: true })).rejects.toMatchObject({
    code: "corrupt",
  });
});

test("progress is told in bytes of the file, up to its end", async () => {
  const exporting = await TestMachine.start({ base: whole, whole });
  await exportedBytes(exporting);
  const machine = await another();
  await machine.import(new Blob([bytes]));
  for (const { progress } of [exporting, machine]) {
    const sizes = progress.map(({ done }) => done);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(progress.length).toBeGreaterThan(whole.objects.size);
    expect(progress.at(-1)?.done).toBeLessThanOrEqual(progress.at(-1)?.total as number);
  }
  expect(sha256(bytes.subarray(0, -DIGEST_BYTES))).toEqual(bytes.slice(-DIGEST_BYTES));
});
