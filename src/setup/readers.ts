/** Readers of values whose kind nobody vouches for. Each gives the value, or says where and why it is wrong. */
import { placeOf, wrong } from "./place.ts";

/**
 * @param place where the value is in the document
 * @throws TabnixError `invalid-input`
 */
export type Read<Value> = (value: unknown, place: string) => Value;

export interface TextRule {
  /** Characters: code points. */
  most: number;
  least?: number;
  /** With the flag "u". */
  pattern: RegExp;
  /** What it must be, after "must be". */
  is: string;
}

export function text({ most, least = 0, pattern, is }: TextRule): Read<string> {
  return (value, place) => {
    if (typeof value !== "string") throw wrong(place, `must be ${is}, not ${kindOf(value)}`);
    if (isLonger(value, most)) throw wrong(place, `must have at most ${most} characters`);
    if (value.length < least || !pattern.test(value)) throw wrong(place, `must be ${is}`);
    return value;
  };
}

/** A whole number within bounds, which are included. */
export function whole(least: number, most: number): Read<number> {
  return (value, place) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
      throw wrong(place, `must be a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

export const flag: Read<boolean> = (value, place) => {
  if (typeof value !== "boolean") throw wrong(place, `must be true or false, not ${kindOf(value)}`);
  return value;
};

export function oneOf<const Choice extends string>(...choices: Choice[]): Read<Choice> {
  return (value, place) => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw wrong(place, `must be one of ${choices.join(", ")}`);
    return found;
  };
}

export function list<Item>(item: Read<Item>, most: number): Read<Item[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw wrong(place, `must be a list, not ${kindOf(value)}`);
    if (value.length > most) throw wrong(place, `must have at most ${most} entries`);
    return value.map((entry: unknown, index) => item(entry, placeOf(place, index)));
  };
}

/** A list in which nothing is twice. */
export function set<Item extends string | number>(item: Read<Item>, most: number): Read<Item[]> {
  const readList = list(item, most);
  return (value, place) => {
    const items = readList(value, place);
    const twice = items.findIndex((entry, index) => items.indexOf(entry) !== index);
    if (twice >= 0)
      throw wrong(placeOf(place, twice), `is ${items[twice]}, which is there already`);
    return items;
  };
}

/** Members of any name that a reader takes, in their order. */
export function entries<Value>(
  name: Read<string>,
  member: Read<Value>,
  most: number,
): Read<[string, Value][]> {
  return (value, place) => {
    const found = Object.entries(objectOf(value, place));
    if (found.length > most) throw wrong(place, `must have at most ${most} entries`);
    return found.map(([key, entry]) => {
      const at = placeOf(place, key);
      return [name(key, at), member(entry, at)];
    });
  };
}

/** An object with some of these members and no others. */
export function fields<Shape extends object>(
  readers: {
    [Name in keyof Shape]-?: Read<Shape[Name]>;
  },
): Read<Partial<Shape>> {
  return (value, place) => {
    const shape: Partial<Shape> = {};
    for (const [key, entry] of Object.entries(objectOf(value, place))) {
      const at = placeOf(place, key);
      // Every object answers to "constructor" and the like.
      if (!Object.hasOwn(readers, key)) {
        throw wrong(at, `is not known; there are ${Object.keys(readers).join(", ")}`);
      }
      const name = key as keyof Shape;
      shape[name] = readers[name](entry, at);
    }
    return shape;
  };
}

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return typeof value === "boolean" ? "true or false" : `a ${typeof value}`;
}

function objectOf(value: unknown, place: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw wrong(place, `must be an object, not ${kindOf(value)}`);
}

/** Whether a text has more code points than that. It has at least half as many as UTF-16 units. */
function isLonger(value: string, most: number): boolean {
  if (value.length <= most) return false;
  return value.length > 2 * most || [...value].length > most;
}
