import type { Modifiers, SpecialKey } from "../terminal/key-encoding.ts";
import type { StickyModifiers } from "../terminal/sticky-modifiers.ts";
import { element } from "./element.ts";
import { type IconName, icon } from "./icons.ts";

/** A key held this long repeats, and then this often; milliseconds. */
const REPEAT_DELAY_MS = 400;
const REPEAT_EVERY_MS = 60;

export interface KeyBarOptions {
  modifiers: StickyModifiers;
  onKey(key: SpecialKey): void;
  onCharacter(character: string): void;
  onPaste(): void;
}

interface Cap {
  name: string;
  /** Shown instead of the name. */
  icon?: IconName;
  press(): void;
  repeats?: boolean;
  modifier?: keyof Modifiers;
}

/** Keys that phone keyboards lack. Control and Alt hold for the next key of any keyboard. */
export class KeyBar {
  readonly element = element("div", { class: "key-bar", role: "toolbar", "aria-label": "Keys" });

  constructor(options: KeyBarOptions) {
    const { modifiers, onKey, onCharacter, onPaste } = options;
    const arrow = (key: SpecialKey, name: string, shown: IconName): Cap => {
      return { name, icon: shown, repeats: true, press: () => onKey(key) };
    };
    const character = (name: string): Cap => ({ name, press: () => onCharacter(name) });
    const caps: Cap[] = [
      { name: "Esc", press: () => onKey("Escape") },
      { name: "Tab", press: () => onKey("Tab") },
      { name: "Ctrl", modifier: "control", press: () => modifiers.toggle("control") },
      { name: "Alt", modifier: "alt", press: () => modifiers.toggle("alt") },
      arrow("ArrowLeft", "Left", "left"),
      arrow("ArrowDown", "Down", "down"),
      arrow("ArrowUp", "Up", "up"),
      arrow("ArrowRight", "Right", "right"),
      ...["/", "-", "|", "~"].map(character),
      { name: "Home", press: () => onKey("Home") },
      { name: "End", press: () => onKey("End") },
      { name: "Paste", icon: "paste", press: onPaste },
    ];
    for (const cap of caps) this.element.append(keyCap(cap, modifiers));
    // The terminal keeps the focus, or the phone would put its keyboard away.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
  }
}

function keyCap(cap: Cap, modifiers: StickyModifiers): HTMLButtonElement {
  const { name, modifier, press } = cap;
  const isModifier = modifier !== undefined;
  const key = element(
    "button",
    {
      type: "button",
      class: "key",
      "aria-label": name,
      "aria-pressed": isModifier ? "false" : undefined,
    },
    cap.icon === undefined ? name : icon(cap.icon),
  );
  if (isModifier) {
    modifiers.addEventListener("change", () => {
      key.setAttribute("aria-pressed", String(modifiers.held[modifier]));
    });
  }
  const repeated = cap.repeats === true ? repeatWhileHeld(key, press) : () => false;
  key.addEventListener("click", () => {
    if (!repeated()) press();
  });
  return key;
}

/**
 * Presses again and again while a key is held.
 * @returns a function that says whether the hold that just ended has repeated.
 */
function repeatWhileHeld(key: HTMLElement, press: () => void): () => boolean {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasRepeated = false;
  const repeat = (): void => {
    hasRepeated = true;
    press();
    timer = setTimeout(repeat, REPEAT_EVERY_MS);
  };
  key.addEventListener("pointerdown", () => {
    hasRepeated = false;
    timer = setTimeout(repeat, REPEAT_DELAY_MS);
  });
  for (const type of ["pointerup", "pointercancel", "pointerleave"] as const) {
    key.addEventListener(type, () => clearTimeout(timer));
  }
  return () => {
    const result = hasRepeated;
    hasRepeated = false;
    return result;
  };
}
