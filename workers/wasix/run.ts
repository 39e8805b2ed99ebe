/** Runs one WASIX program in the Wasmer SDK, with its standard files and its folder. */
import { WASI_DATA_BYTES } from "../shared/limits.ts";
import { CannotStart, type Ending, endingOf } from "../wasi/endings.ts";
import type { KernelCalls } from "./calls.ts";
import type { WasixProgram } from "./contract.ts";
import { type Contents, Folder } from "./folder.ts";
import { loadSdk, SANDBOX_FOLDER, type Sandbox, type SdkProcess } from "./sdk.ts";
import { StandardFiles } from "./standard-files.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS_MASK = 0xff;
const NOT_SAVED = 1;

/** Runs it to its end; the last call is `exit`. */
export async function runWasix(program: WasixProgram, calls: KernelCalls): Promise<void> {
  const files = new StandardFiles(program.stdio, calls);
  const { status, message } = await run(program, calls, files).catch(endingOf);
  if (message) await files.write(STDERR, new TextEncoder().encode(message)).catch(() => {});
  await calls.ask({ op: "exit", status, positions: files.positions() });
}

async function run(
  program: WasixProgram,
  calls: KernelCalls,
  files: StandardFiles,
): Promise<Ending> {
  const folder = new Folder(calls, program.directory);
  const before = await folder.read();
  const { sandbox, process } = await start(program, before);
  void feed(process, files);
  const [output] = await Promise.all([
    process.wait(),
    forward(process.stdout, STDOUT, files),
    forward(process.stderr, STDERR, files),
  ]);
  const failed = await folder.write(before, sandbox.fs);
  const status = output.exitCode & STATUS_MASK;
  if (failed.length === 0) return { status };
  const message = `wasix: not written back: ${failed.join(", ")}\n`;
  return { status: status || NOT_SAVED, message };
}

/** @throws CannotStart */
async function start(
  { sdk, bytes, argv, environment }: WasixProgram,
  before: Contents,
): Promise<{ sandbox: Sandbox; process: SdkProcess }> {
  try {
    const { Wasmer } = await loadSdk(sdk.url);
    const wasmer = new Wasmer({ cache: false, wasm: sdk.engine });
    const selected = await wasmer.packages.load(bytes);
    const contents = [...before].flatMap(([path, content]) =>
      content ? [[`${SANDBOX_FOLDER}/${path}`, content] as const] : [],
    );
    const sandbox = await wasmer.sandboxes.create({
      packages: [selected],
      files: Object.fromEntries(contents),
      network: { mode: "disabled" },
    });
    for (const [path, content] of before) {
      if (!content) await sandbox.fs.mkdir(`${SANDBOX_FOLDER}/${path}`, { recursive: true });
    }
    const env = Object.fromEntries(environment.map(splitEntry));
    const command = sandbox.command(selected, argv.slice(1), {
      cwd: SANDBOX_FOLDER,
      env: { ...env, PWD: SANDBOX_FOLDER },
    });
    const process = await command.spawn({ stdin: "pipe", stdout: "pipe", stderr: "pipe" });
    return { sandbox, process };
  } catch (error) {
    throw new CannotStart(error instanceof Error ? error.message : String(error));
  }
}

function splitEntry(entry: string): [string, string] {
  const cut = entry.indexOf("=", 1);
  return cut < 0 ? [entry, ""] : [entry.slice(0, cut), entry.slice(cut + 1)];
}

/** Hands on input for as long as there is some: the SDK does not tell what the program wants to read. */
async function feed({ stdin }: SdkProcess, files: StandardFiles): Promise<void> {
  try {
    for (;;) {
      const bytes = await files.read(STDIN, WASI_DATA_BYTES);
      if (bytes.length === 0) break;
      await stdin.write(bytes);
    }
  } catch {
    // Closed at one of the ends: the program finds that its input ends.
  }
  await stdin.close().catch(() => {});
}

async function forward(
  output: AsyncIterable<Uint8Array>,
  descriptor: number,
  files: StandardFiles,
): Promise<void> {
  let isOpen = true;
  for await (const bytes of output) {
    // The program must not wait for somebody who takes its output.
    if (isOpen)
      isOpen = await files.write(descriptor, bytes).then(
        () => true,
        () => false,
      );
  }
}
