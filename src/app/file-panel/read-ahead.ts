/** Reading before somebody asks, so that many small waits become a few. */

/** Each item with what `make` gives for it, which is called for up to `count` items ahead. */
export function* ahead<Item, Made>(
  items: Iterable<Item>,
  count: number,
  make: (item: Item) => Made,
): Generator<{ item: Item; made: Made }, void, undefined> {
  const window: { item: Item; made: Made }[] = [];
  for (const item of items) {
    window.push({ item, made: make(item) });
    if (window.length < count) continue;
    const first = window.shift();
    if (first) yield first;
  }
  yield* window;
}

/** Begins to read at once, as far as the first piece; the rest comes when it is asked for. */
export function begin<Piece>(pieces: AsyncIterable<Piece>): AsyncIterable<Piece> {
  const iterator = pieces[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<Piece>> | undefined = iterator.next();
  // Who asks for it is told; nobody may ask, when something before it has failed.
  first.catch(() => {});
  const next = () => {
    const result = first ?? iterator.next();
    first = undefined;
    return result;
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}
