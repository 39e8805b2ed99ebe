/** Who wants to know of events, and what of each is told to them. */

type Listeners<Events> = { [Event in keyof Events]?: ((value: Events[Event]) => void)[] };

export class Emitter<Events> {
  readonly #listeners: Listeners<Events> = {};

  on<Event extends keyof Events>(event: Event, listener: (value: Events[Event]) => void): void {
    this.#listeners[event] ??= [];
    this.#listeners[event].push(listener);
  }

  /** Tells those who wanted to know by now, in the order in which they said so. */
  emit<Event extends keyof Events>(event: Event, value: Events[Event]): void {
    for (const listener of this.#listeners[event] ?? []) listener(value);
  }
}
