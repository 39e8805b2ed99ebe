/**
 * WASI functions are written once, as generators of the calls they make: driven in place where the
 * answers come through shared memory, or between messages while JSPI suspends the module.
 */
import type { Answer, Call, CallData } from "./contract.ts";
import { fromKernel, SUCCESS, WasiError } from "./errno.ts";

/** A call on its way to the kernel. The pieces of its data may be views of the module's memory. */
export interface Request {
  call: Call;
  data?: readonly Uint8Array[];
}

/** What the kernel said. The data is another's after the next call. */
export interface Reply {
  answer: Answer;
  data: CallData;
}

/** Calls, each of which gets its reply, and then a result. */
export type Steps<T = void> = Generator<Request, T, Reply>;

/** Makes a call, and waits for its reply. */
export type Caller = (request: Request) => Reply;
export type AsyncCaller = (request: Request) => Promise<Reply>;

/** What comes back from a call that has worked. */
export type Success = Extract<Answer, { error?: undefined }> & { data: CallData };

type Argument = number | bigint;

/**
 * A function that modules import, with its arguments as WebAssembly hands them on, but 32-bit ones
 * unsigned. It throws {@link WasiError}; one that makes no calls returns {@link SUCCESS}.
 */
export type WasiFunction = { method(...args: Argument[]): Steps | number }["method"];
export type WasiFunctions = Record<string, WasiFunction>;

/** Makes one call. @throws WasiError when it fails */
export function* ask(call: Call, data?: readonly Uint8Array[]): Steps<Success> {
  const reply = yield data ? { call, data } : { call };
  if (reply.answer.error !== undefined) throw new WasiError(fromKernel(reply.answer.error));
  return { ...reply.answer, data: reply.data };
}

/** Takes all steps, with the replies in place. */
export function drive<T>(steps: Steps<T>, caller: Caller): T {
  let step = steps.next();
  while (!step.done) step = steps.next(caller(step.value));
  return step.value;
}

/** Takes all steps, with the replies as they come. */
export async function driveAsync<T>(steps: Steps<T>, caller: AsyncCaller): Promise<T> {
  let step = steps.next();
  while (!step.done) step = steps.next(await caller(step.value));
  return step.value;
}

/** The function as an import for a module that waits in place. */
export function importInPlace(run: WasiFunction, caller: Caller): (...args: Argument[]) => number {
  return (...args) => {
    try {
      const steps = run(...args.map(unsigned));
      if (typeof steps !== "number") drive(steps, caller);
      return SUCCESS;
    } catch (error) {
      return errnoOf(error);
    }
  };
}

/** The function as an import for a module that JSPI suspends while there is a promise. */
export function importSuspending(
  run: WasiFunction,
  caller: AsyncCaller,
): (...args: Argument[]) => number | Promise<number> {
  return (...args) => {
    try {
      const steps = run(...args.map(unsigned));
      if (typeof steps === "number") return SUCCESS;
      return driveAsync(steps, caller).then(() => SUCCESS, errnoOf);
    } catch (error) {
      return errnoOf(error);
    }
  };
}

function unsigned(argument: Argument): Argument {
  return typeof argument === "number" ? argument >>> 0 : argument;
}

/** What is no error of the function's ends the program. */
function errnoOf(error: unknown): number {
  if (error instanceof WasiError) return error.errno;
  throw error;
}
