/** JavaScript Promise Integration: a module sleeps while a promise is under way. TypeScript has no types. */

/** What of it is used here. */
export interface Jspi {
  /** An import that the module waits for when it returns a promise. */
  Suspending: new (
    run: (...args: (number | bigint)[]) => number | Promise<number>,
  ) => WebAssembly.ImportValue;
  /** An export that may wait. */
  promising(run: WebAssembly.ExportValue): (...args: number[]) => Promise<number>;
}

/** undefined where the browser has none. */
export function findJspi(): Jspi | undefined {
  const { Suspending, promising } = WebAssembly as Partial<Jspi>;
  return Suspending && promising ? { Suspending, promising } : undefined;
}
