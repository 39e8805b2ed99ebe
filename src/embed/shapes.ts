/** Shapes of values that came in a message: nothing is believed before it was looked at. */

/** Whether a value is of a type, within its bounds. */
export type Is<Type> = (value: unknown) => value is Type;

type TypeOf<Shape> = Shape extends Is<infer Type> ? Type : never;

/** @param most UTF-16 units */
export function text(most: number, least = 0): Is<string> {
  return (value): value is string =>
    typeof value === "string" && value.length >= least && value.length <= most;
}

/** A whole number within bounds, which are included. */
export function whole(least = 0, most = Number.MAX_SAFE_INTEGER): Is<number> {
  return (value): value is number =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

export const number: Is<number> = (value): value is number => Number.isFinite(value);

export const flag: Is<boolean> = (value): value is boolean => typeof value === "boolean";

export const anything: Is<unknown> = (_value): _value is unknown => true;

/** Bytes of their own: shared memory could change after it was looked at. */
export function bytes(most: number): Is<Uint8Array<ArrayBuffer>> {
  return (value): value is Uint8Array<ArrayBuffer> =>
    value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.length <= most;
}

export function blob(most: number): Is<Blob> {
  return (value): value is Blob => value instanceof Blob && value.size <= most;
}

export function oneOf<const Choice extends string | number | null>(
  ...choices: Choice[]
): Is<Choice> {
  return (value): value is Choice => choices.includes(value as Choice);
}

export function optional<Type>(is: Is<Type>): Is<Type | undefined> {
  return (value): value is Type | undefined => value === undefined || is(value);
}

export function list<Item>(is: Is<Item>, most: number, least = 0): Is<Item[]> {
  return (value): value is Item[] =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(is);
}

/** Two items in an array. */
export function pair<First, Second>(
  first: Is<First>,
  second: Is<Second>,
): Is<readonly [First, Second]> {
  return (value): value is readonly [First, Second] =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1]);
}

/** Members of any name. */
export function entries<Type>(
  name: Is<string>,
  member: Is<Type>,
  most: number,
): Is<Record<string, Type>> {
  return (value): value is Record<string, Type> => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const found = Object.entries(value);
    return found.length <= most && found.every(([key, entry]) => name(key) && member(entry));
  };
}

/** An object with these members and no others. */
export function shape<const Members extends Readonly<Record<string, Is<unknown>>>>(
  members: Members,
): Is<{ -readonly [Name in keyof Members]: TypeOf<Members[Name]> }> {
  return (value): value is { -readonly [Name in keyof Members]: TypeOf<Members[Name]> } => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    if (!Object.keys(value).every((key) => Object.hasOwn(members, key))) return false;
    return Object.entries(members).every(([name, is]) =>
      is(Object.hasOwn(value, name) ? value[name as keyof typeof value] : undefined),
    );
  };
}

export function either<Shapes extends readonly Is<unknown>[]>(
  ...shapes: Shapes
): Is<TypeOf<Shapes[number]>> {
  return (value): value is TypeOf<Shapes[number]> => shapes.some((is) => is(value));
}
