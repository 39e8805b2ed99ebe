import type { Terminal } from "@xterm/xterm";

/**
 * Scrolls by touch, which xterm does not: a drag moves the text with the finger, line by line.
 *
 * @param from where the finger was when the text last moved, in CSS pixels of the window
 * @returns where it is by now
 */
export function scrollByDrag(terminal: Terminal, at: PointerEvent, from: number): number {
  const screen = terminal.element?.querySelector(".xterm-screen");
  if (!screen) return from;
  const lineHeight = screen.clientHeight / terminal.rows;
  const lines = Math.trunc((from - at.clientY) / lineHeight);
  if (lines !== 0) scroll(terminal, screen, lines, at);
  return from - lines * lineHeight;
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
