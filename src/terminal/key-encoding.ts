/** The bytes a terminal sends for keys, as xterm's control sequences document them. */

/** Keys that are not text. */
export type SpecialKey =
  | "Escape"
  | "Tab"
  | "Enter"
  | "ArrowUp"
  | "ArrowDown"
  | "ArrowRight"
  | "ArrowLeft"
  | "Home"
  | "End"
  | "PageUp"
  | "PageDown"
  | "Delete";

export interface Modifiers {
  control: boolean;
  alt: boolean;
}

export const NO_MODIFIERS: Modifiers = { control: false, alt: false };

const ESCAPE = "\x1b";
/** What Backspace sends: the erase character of a Linux terminal. */
export const RUB_OUT = "\x7f";
/** What Delete sends. */
export const DELETE_FORWARD = `${ESCAPE}[3~`;

const PLAIN: Partial<Record<SpecialKey, string>> = { Escape: ESCAPE, Tab: "\t", Enter: "\r" };
const CURSOR: Partial<Record<SpecialKey, string>> = {
  ArrowUp: "A",
  ArrowDown: "B",
  ArrowRight: "C",
  ArrowLeft: "D",
  Home: "H",
  End: "F",
};
const EDITING: Partial<Record<SpecialKey, number>> = { Delete: 3, PageUp: 5, PageDown: 6 };

/** The parameter of a modified key: 1, plus 2 for Alt, plus 4 for Control. */
function modifierParameter({ control, alt }: Modifiers): number {
  return 1 + (alt ? 2 : 0) + (control ? 4 : 0);
}

/**
 * The sequence for a key that is not text.
 * @param applicationCursor whether the program asked for application cursor keys (DECCKM).
 */
export function encodeSpecialKey(
  key: SpecialKey,
  modifiers: Modifiers,
  applicationCursor: boolean,
): string {
  const parameter = modifierParameter(modifiers);
  const cursor = CURSOR[key];
  if (cursor !== undefined) {
    if (parameter > 1) return `${ESCAPE}[1;${parameter}${cursor}`;
    return applicationCursor ? `${ESCAPE}O${cursor}` : `${ESCAPE}[${cursor}`;
  }
  const editing = EDITING[key];
  if (editing !== undefined) {
    return parameter > 1 ? `${ESCAPE}[${editing};${parameter}~` : `${ESCAPE}[${editing}~`;
  }
  return (modifiers.alt ? ESCAPE : "") + (PLAIN[key] ?? "");
}

/** First and last of the characters that Control turns into C0 controls: @, A-Z, [ \ ] ^ _. */
const FIRST_CONTROL = 0x40;
const LAST_CONTROL = 0x5f;
const CONTROL_MASK = 0x1f;

function encodeControl(character: string): string {
  if (character === " ") return "\0";
  if (character === "?") return RUB_OUT;
  const code = character.toUpperCase().charCodeAt(0);
  const isControl = code >= FIRST_CONTROL && code <= LAST_CONTROL;
  return isControl ? String.fromCharCode(code & CONTROL_MASK) : character;
}

/** One typed character with modifiers: Control as C0 control, Alt as an Escape before it. */
export function encodeCharacter(character: string, { control, alt }: Modifiers): string {
  return (alt ? ESCAPE : "") + (control ? encodeControl(character) : character);
}
