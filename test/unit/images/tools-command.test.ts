import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { probeModule } from "../../../images/build/tools/probe.ts";

const SHELLS = [["sh"], ["bash"], ["dash"], ["busybox", "sh"]].filter(
  ([program = "", ...options]) => spawnSync(program, [...options, "-c", ":"]).status === 0,
);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-command-"));
  for (const name of ["bin", "other"]) await mkdir(join(folder, name));
  const source = await readFile(new URL("../../../images/tools/tools.sh", import.meta.url), "utf8");
  await writeFile(join(folder, "tools"), source.replaceAll("/usr/lib/tabnix/", `${folder}/list-`));
  const lines = [
    ["rg", "0.3.1", `${folder}/bin/rg`, 2_220_400, "ripgrep@0.3.1"],
    ["a-long-name", "1.0.0-beta.1", `${folder}/bin/a-long-name`, 999_499, "x@1.0.0-beta.1"],
    ["tiny", "1.0.0", `${folder}/bin/tiny`, 1, "tiny@1.0.0"],
  ];
  await writeFile(join(folder, "list-tools"), lines.map((line) => `${line.join("\t")}\n`).join(""));
  for (const file of ["bin/rg", "bin/tiny", "other/rg"]) {
    await writeFile(join(folder, file), "", { mode: 0o755 });
  }
  await writeFile(join(folder, "other/tiny"), "not executable");
});

afterEach(() => rm(folder, { recursive: true }));

async function setProbe(bytes: Uint8Array | string): Promise<void> {
  await writeFile(join(folder, "list-probe"), bytes, { mode: 0o755 });
}

describe.each(SHELLS)("%s %s", (shell, option = "") => {
  function tools(...options: string[]) {
    const words = [...(option ? [option] : []), join(folder, "tools"), ...options];
    // The tool's own folder is there by two names.
    const PATH = `${folder}/bin:${folder}/./bin:${folder}/other:${process.env["PATH"]}`;
    const { status, stdout, stderr } = spawnSync(shell ?? "", words, {
      env: { ...process.env, PATH },
      encoding: "utf8",
    });
    return { status, stdout: stdout.replaceAll(folder, ""), stderr };
  }

  test("prints a table of tools that run", async () => {
    await setProbe("#!/bin/sh\nexit 0\n");
    expect(tools()).toEqual({
      status: 0,
      stdout: `NAME         VERSION            SIZE  ENGINE       PATH
rg           0.3.1            2.2 MB  WebAssembly  /bin/rg
a-long-name  1.0.0-beta.1    1000 KB  WebAssembly  /bin/a-long-name
tiny         1.0.0              1 KB  WebAssembly  /bin/tiny
`,
      stderr: "",
    });
  });

  test("finds other programs where no WebAssembly runs", async () => {
    await setProbe(probeModule());
    const { stdout, stderr } = tools();
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/).slice(-2))).toEqual([
      ["ENGINE", "PATH"],
      ["emulated", "/bin/rg"],
      ["none", "/bin/a-long-name"],
      ["none", "/bin/tiny"],
      [""],
    ]);
    expect(stderr).toBe("");
  });

  test("helps, and refuses what it does not know", () => {
    const usage =
      "Usage: tools [--help]\nLists the WebAssembly tools of this machine and what runs each of them.\n";
    expect(tools("--help")).toEqual({ status: 0, stdout: usage, stderr: "" });
    expect(tools("--list")).toEqual({
      status: 2,
      stdout: "",
      stderr: `tools: unknown argument: --list\n${usage}`,
    });
  });
});
