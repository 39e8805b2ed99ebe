/** Runs the programs that unpack and compile. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { TabnixError } from "../../../workers/shared/errors.ts";

/** What to run. */
export interface Command {
  program: string;
  args: readonly string[];
  folder: string;
  /** Added to this process's environment. */
  env?: Readonly<Record<string, string>>;
  /** Its standard input; default: none. */
  input?: Uint8Array;
  /** Told of every line it prints on standard output. */
  onLine?: (line: string) => void;
}

/** Of a program that fails, so much of what it said last is shown. */
const SHOWN_LINES = 20;

/**
 * Runs a program to its end.
 *
 * @throws TabnixError `missing-tool` with its last words when it fails
 */
export async function runCommand(command: Command): Promise<void> {
  const { program, args, folder, env, input, onLine } = command;
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const last: string[] = [];
  const remember = (line: string) => {
    last.push(line);
    if (last.length > SHOWN_LINES) last.shift();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    remember(line);
    onLine?.(line);
  });
  createInterface({ input: child.stderr }).on("line", remember);
  // A program that ends before it has read everything says why itself: see its status.
  pipeline(input ? [input] : [], child.stdin, () => {});
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  if (status === 0) return;
  const line = [program, ...args].join(" ");
  throw new TabnixError(
    "missing-tool",
    `\`${line}\` ended with ${status}. It said last:\n${last.join("\n")}`,
    "Put right what it complains about, then run `npm run kernel` again.",
  );
}
