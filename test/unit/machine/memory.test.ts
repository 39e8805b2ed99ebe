/** A device that has not the memory that a machine needs, as phones have not. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createEngine } from "../../../workers/machine/engine.ts";

/** In pages of 64 KiB: 128 MiB, and what the specification allows. */
const FEW_PAGES = 2048;
const ALL_PAGES = 65_536;

let module: WebAssembly.Module;

beforeAll(async () => {
  const file = createRequire(import.meta.url).resolve("v86/build/v86.wasm");
  module = await WebAssembly.compile(await readFile(file));
  setFlagsFromString(`--wasm-max-mem-pages=${FEW_PAGES}`);
});

afterAll(() => setFlagsFromString(`--wasm-max-mem-pages=${ALL_PAGES}`));

const engineOf = (memoryMegabytes: number) =>
  createEngine({ module, memoryMegabytes, bios: new Uint8Array(65_536), handle9p: () => {} });

test("a machine that is too large is refused, with what it needs", async () => {
  await expect(engineOf(256)).rejects.toMatchObject({
    name: "TabnixError",
    code: "full",
    message: "This device has not the 256 MB of memory that the machine needs.",
  });
  const engine = await engineOf(64);
  expect(engine.is_running()).toBe(false);
  await engine.destroy();
});
