/** Runs a program to its end and gathers what it says. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { iterateStream } from "../../workers/shared/iterate-stream.ts";
import type { Input, RunResult, SandboxProcess } from "./contract.ts";

export interface GatherOptions {
  stdin: Input | undefined;
  /** Of each output. */
  maxOutputBytes: number;
}

/**
 * @throws TabnixError `full` when the program says more than may be gathered, `invalid-input` for input of
 *   another type; what reading the input throws; as {@link SandboxProcess.exit}
 */
export async function gather(
  process: SandboxProcess,
  { stdin, maxOutputBytes }: GatherOptions,
): Promise<RunResult> {
  const ended = new AbortController();
  const badInput = new Promise<never>((_, reject) => {
    feed(process.stdin, stdin, ended.signal).catch(reject);
  });
  try {
    const all = Promise.all([
      textOf(process.stdout, maxOutputBytes),
      textOf(process.stderr, maxOutputBytes),
      process.exit,
    ]);
    const [stdout, stderr, status] = await Promise.race([all, badInput]);
    return { stdout, stderr, status };
  } catch (error) {
    void process[Symbol.asyncDispose]();
    throw error;
  } finally {
    ended.abort();
  }
}

/** @throws TabnixError `full` */
async function textOf(stream: ReadableStream<Uint8Array>, most: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const piece of iterateStream(stream)) {
    bytes += piece.length;
    if (bytes > most) {
      throw new TabnixError(
        "full",
        `The program wrote more than ${most} bytes.`,
        "Read its output piece by piece with spawn(), or raise maxOutputBytes.",
      );
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** @param ended the program is gone: nothing is read for it any more */
async function feed(
  stdin: SandboxProcess["stdin"],
  input: Input | undefined,
  ended: AbortSignal,
): Promise<void> {
  const stream = input instanceof Blob ? input.stream() : input;
  if (stream instanceof ReadableStream) {
    return stream.pipeTo(stdin, { signal: ended }).catch((error) => {
      if (!ended.aborted) throw error;
    });
  }
  const writer = stdin.getWriter();
  for await (const piece of piecesOf(stream)) {
    if (ended.aborted) return;
    await writer.write(piece);
  }
  await writer.close();
}

/** @throws TabnixError `invalid-input` */
function piecesOf(
  input: string | Uint8Array | AsyncIterable<Uint8Array | string> | undefined,
): AsyncIterable<Uint8Array | string> | (Uint8Array | string)[] {
  if (input === undefined) return [];
  if (typeof input === "string" || input instanceof Uint8Array) return [input];
  if (typeof input === "object" && input !== null && Symbol.asyncIterator in input) return input;
  throw new TabnixError(
    "invalid-input",
    "stdin must be a text, bytes, a Blob, a stream or an async iterable of texts and bytes.",
  );
}
