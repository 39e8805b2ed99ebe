/** What a call of a WebAssembly program comes to. */
import type { Answer, Call } from "../../wasi/contract.ts";
import type { Eventually } from "../filesystem/contents.ts";
import { PosixError } from "../filesystem/posix-error.ts";

export interface Result {
  answer: Answer;
  /** Bytes that go with it; in the room that was given, if there was any. */
  data?: Uint8Array;
}

/** The call of that name. */
export type Op<Name extends Call["op"]> = Extract<Call, { op: Name }>;

export function done(): Result {
  return { answer: {} };
}

/** The result when `value` is there: now, or when its promise resolves. */
export function after<T>(value: Eventually<T>, act: (value: T) => Result): Eventually<Result> {
  return value instanceof Promise ? value.then(act) : act(value);
}

/** @throws PosixError EINVAL unless it is a whole number, zero or more */
export function whole(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new PosixError("EINVAL");
  return value;
}
