import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkToolchain } from "../../../images/build/kernel/toolchain.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabnix-toolchain-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function install(...programs: string[]) {
  for (const program of programs) {
    writeFileSync(join(folder, program), "");
    chmodSync(join(folder, program), 0o755);
  }
}

const linux = () => ({ platform: "linux", architecture: "x64", path: ["/nowhere", folder] });

test("all that is missing is named, with the command that installs it", () => {
  install("gcc", "ld", "make", "patch", "tar", "xz", "bc");
  expect(() => checkToolchain(linux())).toThrow(
    expect.objectContaining({
      code: "missing-tool",
      message: "The tuned kernel cannot be compiled without flex, bison.",
      hint: "On Debian: apt install flex bison. Images work without it: they use Debian's own kernel.",
    }),
  );
});

test("a whole toolchain passes", () => {
  install("gcc", "ld", "make", "patch", "tar", "xz", "bc", "flex", "bison");
  expect(checkToolchain(linux())).toBeUndefined();
});

test("other machines cannot compile it", () => {
  expect(() =>
    checkToolchain({ platform: "darwin", architecture: "arm64", path: [folder] }),
  ).toThrow(
    expect.objectContaining({
      code: "missing-tool",
      message:
        "The tuned kernel can only be compiled on Linux on an x86 processor, not darwin on arm64.",
      hint: "Images work without it: they use Debian's own kernel.",
    }),
  );
});
