/** wasi-threads: programs that start threads, each of which runs the same module on the same memory. */
import { WasiError, wasiErrno } from "./errno.ts";
import { ask, type Caller, drive, type Steps } from "./steps.ts";

/** The import by which a module starts a thread. */
export const THREADS = "wasi";
export const THREAD_SPAWN = "thread-spawn";
/** The export that a thread begins with: its number, and the argument it was started with. */
export const THREAD_START = "wasi_thread_start";

/** The import. It returns the thread's number, or an error's number below zero. */
export function threadSpawner(
  module: WebAssembly.Module,
  caller: Caller,
): (argument: number) => number {
  const canStart = WebAssembly.Module.exports(module).some(
    ({ name, kind }) => name === THREAD_START && kind === "function",
  );
  return (argument) => {
    if (!canStart) return -wasiErrno.ENOTSUP;
    try {
      return drive(spawn(argument), caller);
    } catch (error) {
      if (error instanceof WasiError) return -error.errno;
      throw error;
    }
  };
}

function* spawn(argument: number): Steps<number> {
  const { thread } = yield* ask({ op: "spawnThread", argument });
  if (thread === undefined) throw new WasiError("EIO");
  return thread;
}
