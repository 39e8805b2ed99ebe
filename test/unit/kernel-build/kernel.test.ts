import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../../../images/build/cache.ts";
import { findKernel } from "../../../images/build/kernel/find.ts";
import {
  type BuiltKernel,
  COMMAND_LINE,
  fingerprint,
  readKernel,
  writeKernel,
} from "../../../images/build/kernel/kernel.ts";
import { silent } from "../../../images/build/progress.ts";

let folder: string;
let cache: Cache;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-kernel-"));
  cache = await Cache.open(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const stock: BuiltKernel = {
  flavour: "stock",
  release: "6.1.0-50-686",
  bzImage: Buffer.from("kernel"),
  initrd: Buffer.from("disk"),
  commandLine: COMMAND_LINE,
  packages: [],
};
const tuned: BuiltKernel = {
  flavour: "tuned",
  release: "6.12.107-tabnix",
  bzImage: Buffer.from("kernel"),
  commandLine: COMMAND_LINE,
  packages: [],
};

test("a kernel comes back from the cache as it went in", async () => {
  await writeKernel(cache, "a", stock);
  await writeKernel(cache, "b", tuned);
  expect(await readKernel(cache, "a")).toEqual(stock);
  expect(await readKernel(cache, "b")).toEqual(tuned);
  expect(await readKernel(cache, "c")).toBeUndefined();
});

test("a damaged or missing file makes the kernel unknown, not wrong", async () => {
  await writeKernel(cache, "a", stock);
  for (const name of readdirSync(join(folder, "kernels/a")).filter((n) => n !== "kernel.json")) {
    await writeKernel(cache, "a", stock);
    writeFileSync(join(folder, "kernels/a", name), "other");
    expect(await readKernel(cache, "a")).toBeUndefined();
    rmSync(join(folder, "kernels/a", name));
    expect(await readKernel(cache, "a")).toBeUndefined();
  }
});

test("fingerprints see where one part ends and the next begins", () => {
  expect(fingerprint("ab", "c")).not.toBe(fingerprint("a", "bc"));
  expect(fingerprint("ab", Buffer.from("c"))).toBe(fingerprint("ab", "c"));
});

test("a tuned kernel that is demanded and missing names the command that builds it", async () => {
  await expect(findKernel("tuned", cache, silent)).rejects.toMatchObject({
    code: "missing-tool",
    message: "The tuned kernel has not been built for this configuration.",
    hint: "Run `npm run kernel`.",
  });
});
