/** What an agent is told of a program that does not begin. */
import { toText } from "../filesystem/names.ts";
import { PosixError } from "../filesystem/posix-error.ts";
import { type ExecRequest, frame, numbersFrame, ToAgent } from "./exec-protocol.ts";
import { Obstacle } from "./obstacle.ts";

/** As a shell says that a file was found but cannot be run, or was not found. */
const CANNOT_RUN = 126;
const NOT_FOUND = 127;
const STDERR = 2;

/** The frames: to run another instead, or a line and a status. */
export function refusalOf({ argv, module }: ExecRequest, error: unknown): Uint8Array[] {
  const encoder = new TextEncoder();
  if (error instanceof Obstacle) return [frame(ToAgent.instead, 0, encoder.encode(error.message))];
  const name = toText(argv[0] ?? module);
  const isMissing = error instanceof PosixError && error.code === "ENOENT";
  return [
    frame(ToAgent.write, STDERR, encoder.encode(`tabnix: ${name}: ${reasonOf(error)}\n`)),
    numbersFrame(ToAgent.exit, 0, isMissing ? NOT_FOUND : CANNOT_RUN, 0),
  ];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof PosixError)) return error instanceof Error ? error.message : String(error);
  if (error.code === "EACCES") return "permission denied";
  if (error.code === "ENOENT") return "not in the tree that the guest and its tools share";
  if (error.code === "EAGAIN") return "too many WebAssembly programs are running";
  return error.message;
}
