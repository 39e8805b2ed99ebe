/**
 * Measures of WebAssembly programs in the guest's shell: against the emulated program of the same name,
 * in turns, and what a start and a pipe cost.
 */
import type { Page } from "@playwright/test";
import { PROGRAMS } from "../unit/process/programs.ts";
import { assemble } from "../unit/wasi/assemble.ts";

export interface ToolFigures {
  /** Milliseconds of the emulated program over those of the WebAssembly one, the same command. */
  ratio: Record<string, number>;
  /** Milliseconds of the WebAssembly program. */
  wasm: Record<string, number>;
  /** Milliseconds from the shell's start of a program that prints a line, to its end. */
  hello_ms: number;
  /** Megabytes a second from a program of the guest through a WebAssembly one to another of the guest. */
  pipe_mb_s: number;
}

/** The image that has these tools twice. */
export const TOOLS_IMAGE = "python";

/** Browsers compile what runs often once more: a dozen rounds are past that for a start of Python. */
const ROUNDS = 12;
/** Of the rounds of one command, unless three take longer. */
const LONGEST_MS = 90_000;
const HELLOS = 20;
const PIPE_MB = 32;
const FOLDER = "/workspace/bench";
const FOLDERS = { emulated: "/usr/bin", wasm: "/usr/local/bin" };
/** Of what ripgrep searches. */
const TEXT_MB = 20;
const ROWS = 200_000;
/** SQL that makes a table of {@link ROWS} rows, one statement each. */
export const INSERTS = [
  "CREATE TABLE t(a, b); BEGIN;",
  ...Array.from({ length: ROWS }, (_, row) => `INSERT INTO t VALUES(${row}, ${(row * 7) % 1000});`),
  "COMMIT; SELECT count(*), sum(b) FROM t;\n",
].join("\n");
/** In the guest, by its own means. */
const MAKE_INSERTS = `awk 'BEGIN { print "CREATE TABLE t(a, b); BEGIN;"; for (i = 0; i < ${ROWS}; i++) print "INSERT INTO t VALUES(" i ", " i * 7 % 1000 ");"; print "COMMIT; SELECT count(*), sum(b) FROM t;" }' > inserts`;
export const FIBONACCI =
  "local function f(n) if n < 2 then return n end return f(n-1) + f(n-2) end print(f(27))";
export const LOOP = "s = 0\nfor i in range(300000): s += i * i % 7\nprint(s)";

const SEARCH = "-c '[A-Z]{3}(x|yz)[0-9]'";
/** By the folder of the program. */
const COMMANDS: Record<string, (folder: string) => string> = {
  python_start: (folder) => `${folder}/python3 -c 'print(2 ** 100)'`,
  python_loop: (folder) => `${folder}/python3 -c '${LOOP}'`,
  rg_file: (folder) => `${folder}/rg ${SEARCH} text`,
  rg_stdin: (folder) => `cat text | ${folder}/rg ${SEARCH}`,
  sqlite: (folder) => `${folder}/sqlite3 -list :memory: < inserts`,
  lua_fib: (folder) => `${folder}/lua -e '${FIBONACCI}'`,
};

/** Runs the commands on a page that has a Bench of {@link TOOLS_IMAGE}. */
export async function measureTools(page: Page): Promise<ToolFigures> {
  const run = (command: string) =>
    page.evaluate(async (line) => (await globalThis.bench).run(line), command);
  const best = async (command: string) => {
    let ms = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) ms = Math.min(ms, (await run(command)).ms);
    return ms;
  };
  await run(`mkdir -p ${FOLDER}; cd ${FOLDER}`);
  for (const name of ["args", "cat"] as const) {
    const bytes = [...(await assemble(PROGRAMS[name] ?? ""))];
    const text = bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
    await run(`printf '${text}' > ${name}; chmod +x ${name}`);
  }
  // Lines of 76 characters.
  await run(`while base64 /usr/bin/git; do :; done | head -c ${TEXT_MB * 1_000_000} > text`);
  await run(MAKE_INSERTS);
  const ratio: ToolFigures["ratio"] = {};
  const wasm: ToolFigures["wasm"] = {};
  for (const [name, command] of Object.entries(COMMANDS)) {
    const times = { emulated: Number.POSITIVE_INFINITY, wasm: Number.POSITIVE_INFINITY };
    const outputs = new Set<string>();
    const end = performance.now() + LONGEST_MS;
    for (let round = 0; round < ROUNDS && (round < 3 || performance.now() < end); round++) {
      for (const program of ["wasm", "emulated"] as const) {
        const { ms, output } = await run(command(FOLDERS[program]));
        // Before the last line an interactive shell may set up its terminal.
        outputs.add(output.split("\n").at(-1) ?? "");
        times[program] = Math.min(times[program], ms);
      }
    }
    if (outputs.size > 1) throw new Error(`${name} differs: ${[...outputs].join(" | ")}`);
    ratio[name] = times.emulated / times.wasm;
    wasm[name] = times.wasm;
  }
  const hellos = `i=0; while [ $i -lt ${HELLOS} ]; do ./args hello; i=$((i+1)); done`;
  const hello_ms = (await best(hellos)) / HELLOS;
  const zeros = `dd if=/dev/zero bs=1M count=${PIPE_MB} 2>/dev/null`;
  const pipe = await best(`${zeros} | ./cat | dd of=/dev/null bs=1M 2>/dev/null`);
  return { ratio, wasm, hello_ms, pipe_mb_s: PIPE_MB / (pipe / 1000) };
}
