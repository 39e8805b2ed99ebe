/** WebAssembly programs of a sandbox under Node: threads of the process. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheFolder } from "../../../images/build/cache.ts";
import { createSandbox, type Sandbox } from "../../../src/api/node.ts";

const TIMEOUT_MS = 120_000;

let sandbox: Sandbox;

beforeAll(async () => {
  const base = join(cacheFolder(), "images");
  sandbox = await createSandbox({
    image: "python",
    base,
    files: { "/root/main.py": "import sys\nprint(sys.platform, sys.stdin.read())\nsys.exit(3)\n" },
  });
}, TIMEOUT_MS);

afterAll(() => sandbox.close());

test(
  "one has its file, its input, its output and its status",
  async () => {
    expect(await sandbox.run("python3 main.py", { stdin: "in" })).toEqual({
      stdout: "wasi in\n",
      stderr: "",
      status: 3,
    });
  },
  TIMEOUT_MS,
);

test(
  "several are in one pipe, and one that never ends is killed",
  async () => {
    const pipe = "seq 3 | python3 -c 'import sys; print(sys.stdin.read())' | rg -v 2";
    expect((await sandbox.run(pipe)).stdout).toBe("1\n3\n\n");
    expect(await sandbox.run("timeout -s KILL 1 python3 -c 'while True: pass'")).toMatchObject({
      status: 137,
    });
  },
  TIMEOUT_MS,
);
