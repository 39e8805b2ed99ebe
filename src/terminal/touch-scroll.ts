import type { Terminal } from "@xterm/xterm";

export interface TouchScrollOptions {
  terminal: Terminal;
  /** The element around the terminal; its `touch-action` leaves drags to the page. */
  host: HTMLElement;
  signal: AbortSignal;
}

/** Scrolls by touch, which xterm does not: a drag moves the text with the finger, line by line. */
export function scrollByTouch({ terminal, host, signal }: TouchScrollOptions): void {
  let pointer: number | undefined;
  /** Where the finger was when the text last moved, in CSS pixels. */
  let from = 0;
  const start = (event: PointerEvent): void => {
    if (event.pointerType !== "touch" || !event.isPrimary) return;
    pointer = event.pointerId;
    from = event.clientY;
  };
  const move = (event: PointerEvent): void => {
    const screen = host.querySelector(".xterm-screen");
    if (event.pointerId !== pointer || screen === null) return;
    const lineHeight = screen.clientHeight / terminal.rows;
    const lines = Math.trunc((from - event.clientY) / lineHeight);
    if (lines === 0) return;
    from -= lines * lineHeight;
    scroll(terminal, screen, lines, event);
  };
  const stop = (event: PointerEvent): void => {
    if (event.pointerId === pointer) pointer = undefined;
  };
  host.addEventListener("pointerdown", start, { signal });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("pointerup", stop, { signal });
  host.addEventListener("pointercancel", stop, { signal });
}

/** Programs that fill the screen or take the mouse get wheel events, as they do on a desk. */
function scroll(terminal: Terminal, screen: Element, lines: number, at: PointerEvent): void {
  const { buffer, modes } = terminal;
  if (buffer.active.type === "normal" && modes.mouseTrackingMode === "none") {
    terminal.scrollLines(lines);
    return;
  }
  const { clientX, clientY } = at;
  const init = { deltaMode: WheelEvent.DOM_DELTA_LINE, deltaY: lines, clientX, clientY };
  screen.dispatchEvent(new WheelEvent("wheel", { ...init, bubbles: true, cancelable: true }));
}
