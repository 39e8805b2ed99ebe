/**
 * Runs clang in a thread of its own: `{ commands, files }` in; out, `{ done }` after each command and
 * last `{ files }`, or `{ failed, words }` with what the compiler said. Plain JavaScript, because a
 * thread does not inherit the loader that runs the builder's TypeScript.
 */
import { parentPort } from "node:worker_threads";
import { Exit, commands as programs, runLLVM } from "@yowasp/clang";

// Loads the compiler. By default it tells the terminal how far it is.
await runLLVM(undefined, undefined, { fetchProgress: () => {} });

parentPort?.on("message", async ({ commands, files }) => {
  let words = "";
  const stderr = (/** @type {Uint8Array | null} */ bytes) => {
    if (bytes) words += Buffer.from(bytes).toString("utf8");
  };
  let tree = files;
  for (const [at, command] of commands.entries()) {
    try {
      tree = await programs.clang(command, tree, { stderr, stdout: stderr });
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      parentPort?.postMessage({ failed: at, words });
      return;
    }
    parentPort?.postMessage({ done: at + 1 });
  }
  parentPort?.postMessage({ files: tree });
});
