/** What a finger does on the terminal: it drags, or it rests and then drags what it holds. */

/** How long a finger rests before it holds, in milliseconds: as long as on Android and iOS. */
const HOLD_MS = 500;
/** How far it may stray meanwhile, in CSS pixels. */
const HOLD_SLOP = 8;

export interface TouchListener {
  /** A drag that does not hold. @param from where it was before, in CSS pixels of the window */
  onDrag(at: PointerEvent, from: number): number;
  /** It holds what is there. @returns false when nothing is, and the gesture is over */
  onHold(at: PointerEvent): boolean;
  onHeldDrag(at: PointerEvent): void;
  onRelease(): void;
}

/** One finger that is down. */
interface Touch {
  id: number;
  down: PointerEvent;
  /** Where the drag was dealt with, as {@link TouchListener.onDrag} returned it. */
  from: number;
  holds: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** @param host whose `touch-action` leaves drags to the page */
export function followTouch(host: HTMLElement, signal: AbortSignal, listener: TouchListener): void {
  let touch: Touch | undefined;
  /** The last touch held something: the click that browsers make of it afterwards is none. */
  let hasHeld = false;
  const hold = (): void => {
    if (!touch || touch.holds) return;
    clearTimeout(touch.timer);
    touch.timer = undefined;
    touch.holds = listener.onHold(touch.down);
    hasHeld = touch.holds;
  };
  const start = (event: PointerEvent): void => {
    if (event.pointerType !== "touch" || !event.isPrimary) {
      // A second finger makes something else of it.
      if (touch) clearTimeout(touch.timer);
      return;
    }
    hasHeld = false;
    const timer = setTimeout(hold, HOLD_MS);
    touch = { id: event.pointerId, down: event, from: event.clientY, holds: false, timer };
  };
  const move = (event: PointerEvent): void => {
    if (event.pointerId !== touch?.id) return;
    if (touch.holds) {
      listener.onHeldDrag(event);
      return;
    }
    const { clientX, clientY } = touch.down;
    const strayed = Math.hypot(event.clientX - clientX, event.clientY - clientY);
    if (touch.timer !== undefined && strayed <= HOLD_SLOP) return;
    clearTimeout(touch.timer);
    touch.timer = undefined;
    touch.from = listener.onDrag(event, touch.from);
  };
  const stop = (event: PointerEvent): void => {
    if (event.pointerId !== touch?.id) return;
    clearTimeout(touch.timer);
    if (touch.holds) listener.onRelease();
    touch = undefined;
  };
  const options = { signal };
  host.addEventListener("pointerdown", start, options);
  host.addEventListener("pointermove", move, options);
  host.addEventListener("pointerup", stop, options);
  host.addEventListener("pointercancel", stop, options);
  signal.addEventListener("abort", () => clearTimeout(touch?.timer));
  // Else the click would take the selection away.
  host.addEventListener("touchend", (event) => hasHeld && event.preventDefault(), {
    ...options,
    passive: false,
  });
  // The browser's own word for a finger that rests, with a menu of its own.
  const menu = (event: Event): void => {
    if (!touch) return;
    event.preventDefault();
    event.stopPropagation();
    hold();
  };
  host.addEventListener("contextmenu", menu, { ...options, capture: true });
}
