/** What callers give, checked where it comes in: TypeScript's types end at a JavaScript page. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { isPort, MAX_PORT } from "../../workers/shared/port-number.ts";

/** What a timer can wait, in milliseconds. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** POSIX, Base Definitions, 8.1: a name, and no "=". */
const VARIABLE = /^[^=\0]+$/;

/** @throws TabnixError `invalid-input` */
export function checkText(value: unknown, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(`${what} must be a text, and is ${nameOf(value)}.`);
}

/** @throws TabnixError `invalid-input` */
export function checkPath(value: unknown, what = "A path"): string {
  const path = checkText(value, what);
  if (path.startsWith("/")) return path;
  throw wrong(`${what} must be absolute, and is ${JSON.stringify(path)}.`, `Write /root/${path}.`);
}

/** @throws TabnixError `invalid-input` */
export function checkCommand(value: unknown): string | readonly string[] {
  if (typeof value === "string" && value !== "") return value;
  const isList = Array.isArray(value) && value.every((part) => typeof part === "string");
  if (isList && value.length > 0 && value[0] !== "") return value;
  throw wrong(
    `A command must be a line for the shell or a list of arguments, and is ${nameOf(value)}.`,
    'As run("ls -l /") or run(["ls", "-l", "/"]).',
  );
}

/** @throws TabnixError `invalid-input` */
export function checkEnvironment(value: unknown): Readonly<Record<string, string>> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : undefined;
  if (!entries) throw wrong(`env must be an object of texts, and is ${nameOf(value)}.`);
  for (const [name, text] of entries) {
    if (!VARIABLE.test(name)) throw wrong(`${JSON.stringify(name)} is no name of a variable.`);
    if (typeof text !== "string")
      throw wrong(`env.${name} must be a text, and is ${nameOf(text)}.`);
  }
  return value as Readonly<Record<string, string>>;
}

/** @throws TabnixError `invalid-input` */
export function checkTimeout(value: unknown): number {
  if (typeof value === "number" && value > 0 && value <= MAX_TIMEOUT_MS) return value;
  throw wrong(
    `timeoutMs must be a number of milliseconds above 0, and is ${nameOf(value)}.`,
    "Leave it out to wait for ever.",
  );
}

/** @throws TabnixError `invalid-input` */
export function checkBytes(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(`${what} must be a whole number of bytes, and is ${nameOf(value)}.`);
}

/** @throws TabnixError `invalid-input` */
export function checkPort(value: unknown): number {
  if (isPort(value)) return value;
  throw wrong(`A port is a whole number from 1 to ${MAX_PORT}, not ${nameOf(value)}.`);
}

/** @throws TabnixError `invalid-input` */
export function checkContent(value: unknown, what: string): Blob {
  if (value instanceof Blob) return value;
  if (typeof value === "string" || value instanceof Uint8Array)
    return new Blob([value as BlobPart]);
  throw wrong(`${what} must be a text, bytes or a Blob, and is ${nameOf(value)}.`);
}

/** @throws TabnixError `invalid-input` */
export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw wrong(`signal must be an AbortSignal, and is ${nameOf(value)}.`);
}

/** @throws TabnixError `invalid-input` */
export function checkObject(value: unknown, what: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw wrong(`${what} must be an object, and is ${nameOf(value)}.`);
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return `an object of type ${value.constructor?.name ?? "Object"}`;
  if (typeof value === "function") return "a function";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function wrong(message: string, hint = ""): TabnixError {
  return new TabnixError("invalid-input", message, hint);
}
