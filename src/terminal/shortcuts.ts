/** What a shortcut of the page does. */
export type ShortcutAction =
  | { type: "copy" }
  /** The browser pastes by itself; the shell must only not see the keys. */
  | { type: "paste" }
  | { type: "find" }
  | { type: "new-terminal" }
  | { type: "next-terminal"; step: 1 | -1 }
  | { type: "select-terminal"; index: number }
  | { type: "leave-terminal" }
  | { type: "help" };

/** What is done outside of the terminal. */
export type OuterAction = Exclude<ShortcutAction, { type: "copy" }>;

/** The part of a KeyboardEvent that a shortcut depends on. */
export type KeyChord = Pick<KeyboardEvent, "code" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey">;

/**
 * Letters by position would follow the layout of one country, but `key` depends on it as well and
 * changes with Shift; `code` is what browsers' own Ctrl+Shift shortcuts settle on for letters too.
 */
const BY_CODE: Readonly<Record<string, ShortcutAction>> = {
  KeyC: { type: "copy" },
  KeyV: { type: "paste" },
  KeyF: { type: "find" },
  KeyT: { type: "new-terminal" },
  Enter: { type: "new-terminal" },
  ArrowRight: { type: "next-terminal", step: 1 },
  ArrowLeft: { type: "next-terminal", step: -1 },
  KeyX: { type: "leave-terminal" },
  Slash: { type: "help" },
};

/** With Command on a Mac, where no shell ever gets the key. */
const BY_COMMAND: Readonly<Record<string, ShortcutAction>> = {
  KeyC: { type: "copy" },
  KeyV: { type: "paste" },
  KeyF: { type: "find" },
};

const DIGIT = /^Digit([1-8])$/;

/**
 * The page's shortcut for a key, or undefined when the key belongs to the shell. All of them take
 * Ctrl+Shift, which terminals cannot tell from Ctrl alone, so no program loses a key it could read:
 * Ctrl+C and the like always reach the shell.
 */
export function shortcutOf(chord: KeyChord, isMac: boolean): ShortcutAction | undefined {
  const { code, ctrlKey, shiftKey, altKey, metaKey } = chord;
  if (isMac && metaKey && !ctrlKey && !altKey && !shiftKey) return BY_COMMAND[code];
  if (!ctrlKey || !shiftKey || altKey || metaKey) return undefined;
  const digit = DIGIT.exec(code)?.[1];
  if (digit !== undefined) return { type: "select-terminal", index: Number(digit) - 1 };
  return BY_CODE[code];
}

/** Every shortcut as the help shows it: keys, and what they do. */
export function shortcutHelp(isMac: boolean): readonly (readonly [keys: string, what: string])[] {
  const main = isMac ? "⌘" : "Ctrl+Shift+";
  return [
    [`${main}C`, "Copy the selection"],
    [`${main}V`, "Paste"],
    [`${main}F`, "Find in the terminal"],
    ["Ctrl+Shift+Enter", "New terminal (Ctrl+Shift+T too, where the browser leaves it)"],
    ["Ctrl+Shift+← →", "Previous or next terminal"],
    ["Ctrl+Shift+1 … 8", "Terminal by number"],
    ["Delete on a tab", "Close that terminal"],
    ["Ctrl+Shift+X", "Leave the terminal: focus moves to its tab, and Tab works as usual"],
    ["Ctrl+Shift+?", "This help"],
  ];
}

/** True on Apple systems, where Command stands for the page's shortcuts. */
export function isApple(platform: string): boolean {
  return /mac|iphone|ipad|ipod/i.test(platform);
}
