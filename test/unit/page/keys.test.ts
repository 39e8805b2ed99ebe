import { expect, test } from "vitest";
import {
  encodeCharacter,
  encodeSpecialKey,
  NO_MODIFIERS,
} from "../../../src/terminal/key-encoding.ts";
import { type KeyChord, shortcutOf } from "../../../src/terminal/shortcuts.ts";
import { StickyModifiers } from "../../../src/terminal/sticky-modifiers.ts";

const CONTROL = { control: true, alt: false };
const ALT = { control: false, alt: true };

test.each([
  ["Escape", NO_MODIFIERS, false, "\x1b"],
  ["Tab", NO_MODIFIERS, false, "\t"],
  ["Enter", ALT, false, "\x1b\r"],
  ["ArrowUp", NO_MODIFIERS, false, "\x1b[A"],
  ["ArrowUp", NO_MODIFIERS, true, "\x1bOA"],
  ["ArrowUp", CONTROL, true, "\x1b[1;5A"],
  ["End", ALT, false, "\x1b[1;3F"],
  ["PageDown", NO_MODIFIERS, false, "\x1b[6~"],
  ["Delete", { control: true, alt: true }, false, "\x1b[3;7~"],
] as const)("%s with %j, application cursor keys %s", (key, modifiers, application, bytes) => {
  expect(encodeSpecialKey(key, modifiers, application)).toBe(bytes);
});

test.each([
  ["c", CONTROL, "\x03"],
  ["C", CONTROL, "\x03"],
  [" ", CONTROL, "\0"],
  ["[", CONTROL, "\x1b"],
  ["?", CONTROL, "\x7f"],
  ["é", CONTROL, "é"],
  ["b", ALT, "\x1bb"],
  ["x", { control: true, alt: true }, "\x1b\x18"],
  ["日", NO_MODIFIERS, "日"],
] as const)("%j with %j", (character, modifiers, bytes) => {
  expect(encodeCharacter(character, modifiers)).toBe(bytes);
});

test("sticky modifiers hold for one character, not for pastes and replies", () => {
  const modifiers = new StickyModifiers();
  const changes: unknown[] = [];
  modifiers.addEventListener("change", () => changes.push(modifiers.held));
  modifiers.toggle("control");
  expect(modifiers.apply("pasted text")).toBe("pasted text");
  expect(modifiers.apply("\x1b[0n")).toBe("\x1b[0n");
  expect(modifiers.apply("a")).toBe("\x01");
  expect(modifiers.apply("a")).toBe("a");
  modifiers.toggle("alt");
  modifiers.toggle("alt");
  expect(modifiers.apply("a")).toBe("a");
  expect(changes).toEqual([CONTROL, NO_MODIFIERS, ALT, NO_MODIFIERS]);
});

function chord(keys: string): KeyChord {
  const parts = keys.split("+");
  return {
    code: parts.at(-1) ?? "",
    ctrlKey: parts.includes("Ctrl"),
    shiftKey: parts.includes("Shift"),
    altKey: parts.includes("Alt"),
    metaKey: parts.includes("Meta"),
  };
}

test.each([
  ["Ctrl+Shift+KeyC", false, { type: "copy" }],
  ["Ctrl+Shift+KeyV", false, { type: "paste" }],
  ["Ctrl+Shift+Digit3", false, { type: "select-terminal", index: 2 }],
  ["Ctrl+Shift+ArrowLeft", false, { type: "next-terminal", step: -1 }],
  ["Meta+KeyC", true, { type: "copy" }],
  ["Ctrl+Shift+KeyX", true, { type: "leave-terminal" }],
])("%s, on a Mac: %s", (keys, isMac, action) => {
  expect(shortcutOf(chord(keys), isMac)).toEqual(action);
});

test("keys that a shell can tell apart are never taken", () => {
  const codes = [
    "KeyC",
    "KeyD",
    "KeyZ",
    "KeyV",
    "KeyF",
    "KeyT",
    "Tab",
    "Digit1",
    "ArrowLeft",
    "F1",
  ];
  const modifiers = ["", "Ctrl+", "Shift+", "Alt+", "Ctrl+Alt+", "Ctrl+Alt+Shift+"];
  const taken = modifiers.flatMap((modifier) =>
    codes.map((code) => shortcutOf(chord(modifier + code), false)).filter((action) => action),
  );
  expect(taken).toEqual([]);
  expect(shortcutOf(chord("Ctrl+KeyC"), true)).toBeUndefined();
  expect(shortcutOf(chord("Meta+KeyC"), false)).toBeUndefined();
});
