/** Random numbers that can be had again: the order of a run's events is its seed's. */

export type Random = () => number;

/** A generator of numbers from 0 to below 1 (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed that `--seed` gives, or a new one. @throws Error if it is no number */
export function seedOf(given: string | undefined): number {
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`"${given}" is not a seed: use a whole number`);
  return seed;
}

/** One of several, in proportion to their weights. @throws Error when there is none */
export function pick<T>(
  random: Random,
  choices: readonly (readonly [weight: number, choice: T])[],
): T {
  let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, choice] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  throw new Error("nothing to choose from");
}
