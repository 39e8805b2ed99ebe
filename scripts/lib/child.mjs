/** Child processes that end when this one does. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { ChildFailure, Failure } from "./main.mjs";

/** The repository's folder, the working directory of every command. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Signals passed on to a child's whole process group. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command and waits for it. Signals to this process go on to the command and all it started.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, quiet?: boolean }} [options] `env` is added to this
 *   process's; `quiet` sends the command's standard output to standard error
 * @returns {Promise<number>} its exit status; 128 + n when signal n ended it
 * @throws {Failure} when the command cannot be started
 */
export function run(command, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", quiet ? 2 : 1, 2],
      // A group of its own, so that one signal reaches grandchildren, and each only once.
      detached: process.platform !== "win32",
    });
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      if (child.pid === undefined) return;
      try {
        process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
      } catch (error) {
        // It has just ended by itself.
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
    };
    for (const signal of SIGNALS) process.on(signal, forward);
    const done = () => {
      for (const signal of SIGNALS) process.off(signal, forward);
    };
    child.once("error", (error) => {
      done();
      reject(new Failure(`\`${command}\` cannot be started: ${error.message}.`));
    });
    child.once("close", (code, signal) => {
      done();
      resolve(code ?? (signal ? 128 + constants.signals[signal] : 1));
    });
  });
}

/**
 * {@link run}, for commands that must succeed.
 *
 * @param {Parameters<typeof run>} call
 * @throws {ChildFailure} with the command's exit status
 */
export async function runOrFail(...call) {
  const status = await run(...call);
  if (status !== 0) throw new ChildFailure(status);
}

/**
 * The arguments of `node` that run a TypeScript program.
 *
 * @param {string} file relative to the repository
 * @param {string[]} args
 */
export function typescript(file, args) {
  return ["--import", "tsx", file, ...args];
}
