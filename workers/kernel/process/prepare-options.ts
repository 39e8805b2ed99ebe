/**
 * Which starts of a program can be prepared (workers/wasi/prepare.ts), and how it is told of its caller,
 * from "prepare" in its section "tabnix". Everything here is what an image's recipe says of the program.
 */
import { toText } from "../filesystem/names.ts";
import type { ExecRequest } from "./exec-protocol.ts";

export interface PrepareOptions {
  /** Arguments with which it prepares itself. */
  arguments: readonly string[];
  /**
   * An argument that a prepared start has before its caller's, with a list behind it, in JSON: its
   * environment, each variable as "NAME=value".
   */
  context: string;
  /** Options with which a start may be prepared, if one is first; so may one that begins with no option. */
  options: ReadonlySet<string>;
  /** Variables that must be what they were when the program prepared itself. */
  environment: readonly string[];
  /** A start with a variable that begins so is not prepared. */
  unless: string;
  /** As in {@link Prepared}. */
  started: number;
}

/** @returns nothing when it is not what it should be */
export function prepareOptions(value: unknown): PrepareOptions | undefined {
  const given = Object(value) as Partial<Record<keyof PrepareOptions, unknown>>;
  const { arguments: own, context, options, environment, unless, started } = given;
  if (!isTexts(own) || !isTexts(options) || !isTexts(environment)) return undefined;
  if (!isText(context) || !isText(unless) || !Number.isSafeInteger(started)) return undefined;
  return {
    arguments: own,
    context,
    options: new Set(options),
    environment,
    unless,
    started: started as number,
  };
}

/** What starts must have in common to begin with the same memory; nothing for one that cannot be prepared. */
export function preparationKey(
  { module, uid, gid, groups, environment }: ExecRequest,
  [program, first = ""]: readonly string[],
  options: PrepareOptions,
): string | undefined {
  if (first.startsWith("-") && !options.options.has(first)) return undefined;
  const given = environment.map(toText);
  if (given.some((entry) => entry.startsWith(options.unless))) return undefined;
  const variables = options.environment.map(
    (name) => given.find((entry) => entry.startsWith(`${name}=`)) ?? null,
  );
  return JSON.stringify([program, module, uid, gid, groups, variables]);
}

/** The arguments of a prepared start. */
export function preparedArguments(
  [program = "", ...rest]: readonly string[],
  environment: readonly string[],
  { context }: PrepareOptions,
): string[] {
  return [program, `${context}${JSON.stringify(environment)}`, ...rest];
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
