import { WebglAddon } from "@xterm/addon-webgl";
import type { Terminal } from "@xterm/xterm";

/** Rounding of a size in device pixels. */
const TOLERANCE = 2;

export interface WebglOptions {
  terminal: Terminal;
  /** The element around the terminal. */
  host: HTMLElement;
  signal: AbortSignal;
  /** DOM elements have taken over; characters may have another size. */
  onFallback(): void;
}

/**
 * Draws by WebGL where the browser gives a context. Where it does not, or takes it away later, xterm
 * draws with DOM elements by itself; so it does where the browser miscounts device pixels, as
 * Chromium does while it emulates a phone: the drawing would be larger than its canvas.
 */
export function useWebgl(options: WebglOptions): void {
  const { terminal, host, signal, onFallback } = options;
  const addon = new WebglAddon();
  const fallBack = (): void => {
    addon.dispose();
    onFallback();
  };
  try {
    terminal.loadAddon(addon);
  } catch {
    // No WebGL 2: the DOM renderer is already in place.
    return;
  }
  addon.onContextLoss(fallBack);
  checkPixels(host, signal, fallBack);
}

function checkPixels(host: HTMLElement, signal: AbortSignal, onMiscount: () => void): void {
  const observer = new ResizeObserver(([entry]) => {
    observer.disconnect();
    const counted = entry?.devicePixelContentBoxSize?.[0]?.inlineSize;
    const expected = (entry?.contentRect.width ?? 0) * devicePixelRatio;
    if (counted !== undefined && Math.abs(counted - expected) > TOLERANCE) onMiscount();
  });
  signal.addEventListener("abort", () => observer.disconnect());
  try {
    observer.observe(host, { box: "device-pixel-content-box" });
  } catch {
    // A browser that does not count device pixels cannot miscount them.
  }
}
