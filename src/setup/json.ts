/** JSON of which nothing is lost: `JSON.parse` keeps the last of two members with one name. */
import { SETUP_BYTES, SETUP_DEPTH } from "../../workers/shared/limits.ts";
import { placeOf, wrong } from "./place.ts";

/** An object or array that is open where the scan stands. */
interface Level {
  /** Its own place. */
  place: string;
  /** Names so far, of an object; undefined for an array. */
  names: Set<string> | undefined;
  /** The place of the member that comes. */
  member: string;
  index: number;
}

/**
 * Reads a document.
 *
 * @throws TabnixError `invalid-input` for what is no JSON, too large, too deep, or names a member twice
 */
export function parseJson(text: string): unknown {
  const isLarge = text.length > SETUP_BYTES || new TextEncoder().encode(text).length > SETUP_BYTES;
  if (isLarge) throw wrong("", `is larger than ${SETUP_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw wrong("", `is not JSON (${why})`, error);
  }
  checkMembers(text);
  return value;
}

/** @param text sound JSON: so strings and brackets are all that has to be told apart */
function checkMembers(text: string): void {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    const level = levels.at(-1);
    if (character === '"') {
      const end = endOfString(text, at);
      if (level?.names && isName(text, end)) {
        const name: string = JSON.parse(text.slice(at, end));
        level.member = placeOf(level.place, name);
        if (level.names.has(name)) throw wrong(level.member, "is there twice");
        level.names.add(name);
      }
      at = end - 1;
    } else if (character === "{" || character === "[") {
      if (levels.length === SETUP_DEPTH) throw wrong(level?.member ?? "", "is nested too deeply");
      const place = level?.member ?? "";
      const names = character === "{" ? new Set<string>() : undefined;
      levels.push({ place, names, member: placeOf(place, 0), index: 0 });
    } else if (character === "}" || character === "]") {
      levels.pop();
    } else if (character === "," && level && !level.names) {
      level.index += 1;
      level.member = placeOf(level.place, level.index);
    }
  }
}

/** @returns where the string that begins at a quote is over */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Whether a string in an object is a member's name: a colon follows it. */
function isName(text: string, end: number): boolean {
  let at = end;
  while (" \t\n\r".includes(text[at] ?? ":")) at += 1;
  return text[at] === ":";
}
