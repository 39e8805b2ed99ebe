/** Waiting for what a browser does that may be dying. */

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The result, or undefined when it fails or takes longer than `ms`. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const tooLong = new AbortController();
  const late = new Promise<undefined>((resolve) => {
    const timer = setTimeout(resolve, ms, undefined);
    tooLong.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    tooLong.abort();
  }
}

/** Asks again and again until there is an answer. @throws Error after `limitMs` without one */
export async function poll<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  limitMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await within(ask(), limitMs);
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: nothing in ${limitMs} ms`);
    await sleep(20);
  }
}
