/** What a module imports and exports, against what there is and what is needed. */
import { CannotStart } from "./endings.ts";
import type { Abi } from "./entry.ts";
import { PREVIEW1 } from "./preview1.ts";
import type { WasiFunction, WasiFunctions } from "./steps.ts";
import { THREAD_SPAWN, THREADS } from "./threads.ts";

/** Where imports come from. */
export interface ImportSources {
  /** Those of {@link PREVIEW1}. */
  functions: WasiFunctions;
  toImport(run: WasiFunction): WebAssembly.ImportValue;
  abi: Abi;
  /** What threads need. */
  given: WebAssembly.Imports;
}

/** The imports of a module, and no others. @throws CannotStart when there is no such thing */
export function importsOf(
  module: WebAssembly.Module,
  { functions, toImport, abi, given }: ImportSources,
): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  const find = (from: string, name: string, kind: string): WebAssembly.ImportValue => {
    const shared = own(own(given, from) ?? {}, name);
    if (shared !== undefined) return shared;
    const known = from === PREVIEW1 ? own(functions, name) : undefined;
    if (known && kind === "function") return toImport(known);
    const missing = abi.missing.get(from);
    if (missing !== undefined && kind === "function") return () => fail(missing);
    throw unknown(from, name);
  };
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [name]: find(from, name, kind) };
  }
  return imports;
}

/** @throws CannotStart when the module does not export one of these: functions, or its memory */
export function checkExports(module: WebAssembly.Module, names: readonly string[]): void {
  const kinds = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  for (const name of names) {
    const kind = name === "memory" ? name : "function";
    if (kinds.get(name) !== kind) {
      throw new CannotStart(`it exports no ${kind === name ? name : `function ${name}`}`);
    }
  }
}

/** What an object has itself: names are a module's, "constructor" among them. */
function own<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function unknown(from: string, name: string): CannotStart {
  return new CannotStart(
    from === THREADS && name === THREAD_SPAWN
      ? "it starts threads, but imports no shared memory"
      : `it imports ${from}.${name}, which is not in ${PREVIEW1}`,
  );
}

function fail(message: string): never {
  throw new Error(message);
}
