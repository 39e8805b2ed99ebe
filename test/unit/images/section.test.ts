import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { probeModule } from "../../../images/build/tools/probe.ts";
import { isModule, withSection } from "../../../images/build/tools/section.ts";
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
