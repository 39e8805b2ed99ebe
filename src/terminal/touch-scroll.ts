/**
 * Scrolls the terminal by touch, which xterm does not: a drag becomes wheel events, so that the
 * scrollback, `less` and programs that take the mouse all react as they do on a desk.
 * @param host the element around the terminal; set `touch-action` so that the browser leaves drags.
 */
export function scrollByTouch(host: HTMLElement, signal: AbortSignal): void {
  let last: PointerEvent | undefined;
  host.addEventListener(
    "pointerdown",
    (event) => {
      if (event.pointerType === "touch" && event.isPrimary) last = event;
    },
    { signal },
  );
  host.addEventListener(
    "pointermove",
    (event) => {
      if (last?.pointerId !== event.pointerId) return;
      const deltaY = last.clientY - event.clientY;
      last = event;
      if (deltaY === 0) return;
      const { clientX, clientY } = event;
      const wheel = { deltaY, clientX, clientY, bubbles: true, cancelable: true };
      host.querySelector(".xterm-screen")?.dispatchEvent(new WheelEvent("wheel", wheel));
    },
    { signal },
  );
  const stop = (event: PointerEvent): void => {
    if (last?.pointerId === event.pointerId) last = undefined;
  };
  host.addEventListener("pointerup", stop, { signal });
  host.addEventListener("pointercancel", stop, { signal });
}
