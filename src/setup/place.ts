/** Places in a set-up's document, and what is said of one that is wrong. */
import { TabnixError } from "../../workers/shared/errors.ts";

const PLAIN_KEY = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
/** Of a key: more of it helps nobody. */
const SHOWN_CHARACTERS = 80;
const HINT =
  "Whoever wrote it has to correct it: docs/setup.md of the source describes the format, and tabnix.schema.json tells editors.";

/** The place of a member, as JavaScript would have it: `files["/root/a"].mode`, `ports[0]`. */
export function placeOf(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  if (PLAIN_KEY.test(key) && key.length <= SHOWN_CHARACTERS) {
    return parent === "" ? key : `${parent}.${key}`;
  }
  const shown = key.length > SHOWN_CHARACTERS ? `${key.slice(0, SHOWN_CHARACTERS)}…` : key;
  return `${parent}[${JSON.stringify(shown)}]`;
}

/**
 * The error of a set-up.
 *
 * @param place where in the document; empty for all of it
 * @param what goes on from "it"
 */
export function wrong(place: string, what: string, cause?: unknown): TabnixError {
  const where = place === "" ? "" : ` at ${place}`;
  return new TabnixError("invalid-input", `The set-up is wrong${where}: it ${what}.`, HINT, cause);
}
