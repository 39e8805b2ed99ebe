/**
 * Programs that read standard input when they are given no file find out by what kind of file it is.
 * Built for WASI some do not: ripgrep searches its folder whatever is piped into it. Such a module says
 * how its command line is read, and gets the argument by which it takes standard input.
 *
 * Options are read as getopt_long(3) does: clusters of letters, values attached or in the next argument,
 * "--" before operands.
 */
import { S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../filesystem/inode.ts";

/** How a command line is read, as far as it matters here. Options are as they are typed: "-e", "--regexp". */
export interface StandardInput {
  /** What stands for standard input among the files: "-". */
  argument: string;
  /** How many operands come before the files. */
  operands: number;
  /** Options that take the place of all of those. */
  instead: ReadonlySet<string>;
  /** Options that have a value. */
  valued: ReadonlySet<string>;
  /** Options with which no file is read. */
  without: ReadonlySet<string>;
}

const READABLE = [S_IFREG, S_IFIFO, S_IFSOCK];

/**
 * The arguments, with one more if they name no file and there is something to read.
 *
 * @param mode st_mode of standard input, 0 when it is closed
 */
export function withStandardInput(argv: string[], how: StandardInput, mode: number): string[] {
  if (!READABLE.includes(mode & S_IFMT)) return argv;
  let before = how.operands;
  let operands = 0;
  for (const { option, value } of readArguments(argv.slice(1), how.valued)) {
    if (option === undefined) operands += 1;
    // Read for something else: `-f -`.
    else if (how.without.has(option) || value === how.argument) return argv;
    else if (how.instead.has(option)) before = 0;
  }
  return operands === before ? [...argv, how.argument] : argv;
}

/** An option, or an operand if there is none. */
interface Argument {
  option?: string;
  value?: string | undefined;
}

function* readArguments(args: readonly string[], valued: ReadonlySet<string>): Generator<Argument> {
  const rest = [...args];
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (next === "--") {
      yield* rest.map((value) => ({ value }));
      return;
    }
    if (next === "-" || !next.startsWith("-")) {
      yield { value: next };
    } else if (next.startsWith("--")) {
      const cut = next.indexOf("=");
      const option = cut < 0 ? next : next.slice(0, cut);
      const attached = cut < 0 ? undefined : next.slice(cut + 1);
      yield { option, value: attached ?? (valued.has(option) ? rest.shift() : undefined) };
    } else {
      yield* readCluster(next, rest, valued);
    }
  }
}

function* readCluster(
  text: string,
  rest: string[],
  valued: ReadonlySet<string>,
): Generator<Argument> {
  const letters = [...text.slice(1)];
  for (const [at, letter] of letters.entries()) {
    const option = `-${letter}`;
    if (!valued.has(option)) {
      yield { option };
      continue;
    }
    const attached = letters.slice(at + 1).join("");
    yield { option, value: attached === "" ? rest.shift() : attached.replace(/^=/, "") };
    return;
  }
}
