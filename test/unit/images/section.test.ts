import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { probeModule } from "../../../images/build/tools/probe.ts";
import { isModule, withoutDebugging, withSection } from "../../../images/build/tools/section.ts";
import { EMPTY_MODULE } from "./registry-fixture.ts";

test.each([0, 1, 100, 127, 128, 16_384, 3_000_000])("engines give back %i bytes", (length) => {
  const payload = new Uint8Array(length).fill(7);
  const bytes = withSection(withSection(EMPTY_MODULE, "other", payload), "tabnix", payload);
  const sections = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), "tabnix");
  expect(sections.map((section) => Buffer.from(section).equals(payload))).toEqual([true]);
});

test("a name is UTF-8", () => {
  const bytes = withSection(EMPTY_MODULE, "naïve".repeat(40), Buffer.from("x"));
  const module = new WebAssembly.Module(bytes);
  expect(WebAssembly.Module.customSections(module, "naïve".repeat(40))).toHaveLength(1);
});

test("what is for debuggers is taken out, and nothing else", () => {
  const payload = Buffer.alloc(300);
  const named = (...names: string[]) =>
    names.reduce((bytes, name) => withSection(bytes, name, payload), EMPTY_MODULE as Uint8Array);
  const full = named(".debug_info", "name", ".debug_line", "tabnix", "debug_", ".debug_str");
  const slim = withoutDebugging(full);
  expect(Buffer.compare(slim, named("name", "tabnix", "debug_"))).toBe(0);
  expect(Buffer.compare(withoutDebugging(slim), slim)).toBe(0);
  expect(WebAssembly.validate(new Uint8Array(slim))).toBe(true);
});

test("a module that ends too soon is refused, wherever it ends", () => {
  const whole = withSection(EMPTY_MODULE, "name", Buffer.alloc(200));
  const refused = [...whole.keys()].filter((length) => {
    try {
      withoutDebugging(whole.subarray(0, length));
      return false;
    } catch (error) {
      return error instanceof RangeError;
    }
  });
  const ends = [...Array(EMPTY_MODULE.length + 1).keys()];
  expect(refused).toEqual([...whole.keys()].slice(ends.length));
  const endless = Buffer.concat([EMPTY_MODULE, Buffer.from([0, 0x80, 0x80, 0x80, 0x80, 0x80, 0])]);
  expect(() => withoutDebugging(endless)).toThrow("more than 32 bits");
});

test("tells modules from scripts, components and fragments", () => {
  const component = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]);
  const fragment = EMPTY_MODULE.subarray(0, 7);
  expect([EMPTY_MODULE, component, Buffer.from("#!/bin/sh"), fragment].map(isModule)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("the probe ends at once, and has the memory that WASI asks for", () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(probeModule()));
  expect(exports["memory"]).toBeInstanceOf(WebAssembly.Memory);
  expect((exports["_start"] as () => void)()).toBeUndefined();
});

test("a shell that takes the probe for a script says that it cannot run it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tabnix-probe-"));
  await writeFile(join(folder, "probe"), probeModule());
  const { status } = spawnSync("/bin/sh", [join(folder, "probe")]);
  await rm(folder, { recursive: true });
  expect(status).toBe(126);
});
