import { encodeCharacter, type Modifiers, NO_MODIFIERS } from "./key-encoding.ts";

/**
 * Control and Alt of the key bar: pressed once, they hold for the next key, whichever keyboard that
 * comes from. Fires `change`.
 */
export class StickyModifiers extends EventTarget {
  #held: Modifiers = NO_MODIFIERS;

  get held(): Modifiers {
    return this.#held;
  }

  /** Presses or lets go of one modifier. */
  toggle(modifier: keyof Modifiers): void {
    this.#set({ ...this.#held, [modifier]: !this.#held[modifier] });
  }

  /** Returns what is held, and lets go. */
  take(): Modifiers {
    const held = this.#held;
    if (held.control || held.alt) this.#set(NO_MODIFIERS);
    return held;
  }

  /**
   * The bytes for text that was typed. Only a single character takes the modifiers: pastes, words
   * and the terminal's own replies pass as they are and leave them held.
   */
  apply(text: string): string {
    if ([...text].length !== 1) return text;
    return encodeCharacter(text, this.take());
  }

  #set(held: Modifiers): void {
    this.#held = held;
    this.dispatchEvent(new Event("change"));
  }
}
