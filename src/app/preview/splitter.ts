import { element } from "../element.ts";

/** How far an arrow key moves it, in pixels. */
const STEP = 32;
const MIN_WIDTH = 280;
/** What is left of the other side. */
const MIN_REST = 240;

/** A handle at the left edge of a panel that makes it wider or narrower (WAI-ARIA window splitter). */
export function splitter(panel: HTMLElement, label: string): HTMLElement {
  const handle = element("div", {
    class: "splitter",
    role: "separator",
    "aria-orientation": "vertical",
    "aria-label": label,
    "aria-valuemin": String(MIN_WIDTH),
    tabindex: "0",
  });
  const most = () => (panel.parentElement?.clientWidth ?? 0) - MIN_REST;
  const resize = (width: number) => {
    const next = Math.round(Math.max(MIN_WIDTH, Math.min(width, most())));
    panel.style.setProperty("--preview-width", `${next}px`);
  };
  // The window changes the width, too.
  new ResizeObserver(() => {
    handle.setAttribute("aria-valuenow", String(panel.offsetWidth));
    handle.setAttribute("aria-valuemax", String(Math.max(MIN_WIDTH, most())));
  }).observe(panel);
  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    // A frame would swallow what the pointer does over it.
    panel.classList.add("resizing");
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    resize(panel.getBoundingClientRect().right - event.clientX);
  });
  handle.addEventListener("lostpointercapture", () => panel.classList.remove("resizing"));
  handle.addEventListener("keydown", ({ key }) => {
    const width = panel.getBoundingClientRect().width;
    if (key === "ArrowLeft") resize(width + STEP);
    else if (key === "ArrowRight") resize(width - STEP);
  });
  return handle;
}
