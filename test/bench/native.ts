/** The commands of tools.ts with programs of this computer, where it has them. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FIBONACCI, INSERTS, LOOP } from "./tools.ts";

const ROUNDS = 5;

/** By program and name of the measure. */
const COMMANDS: [program: string, name: string, command: string][] = [
  ["python3", "python_start", "python3 -c 'print(2 ** 100)'"],
  ["python3", "python_loop", `python3 -c '${LOOP}'`],
  ["sqlite3", "sqlite", "sqlite3 -list :memory: < inserts"],
  ["lua", "lua_fib", `lua -e '${FIBONACCI}'`],
  ["lua5.4", "lua_fib", `lua5.4 -e '${FIBONACCI}'`],
];

/** Milliseconds of each, the best of some rounds; those without a program are left out. */
export async function measureNative(): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), "tabnix-native-"));
  const run = (command: string) =>
    promisify(execFile)("/bin/sh", ["-c", command], { cwd: folder, maxBuffer: 1 << 20 });
  const times: Record<string, number> = {};
  try {
    await writeFile(join(folder, "inserts"), INSERTS);
    for (const [program, name, command] of COMMANDS) {
      const isThere = await run(`command -v ${program}`).catch(() => undefined);
      if (!isThere || name in times) continue;
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now();
        await run(command);
        best = Math.min(best, performance.now() - start);
      }
      times[name] = best;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return times;
}
