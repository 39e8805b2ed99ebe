import type { Terminal } from "@xterm/xterm";

/** Rounding of a size in device pixels. */
const TOLERANCE = 2;

/** Of Chromium, Mesa and Windows. */
const SOFTWARE_RENDERERS = /swiftshader|llvmpipe|softpipe|software|microsoft basic render/i;

export interface WebglOptions {
  terminal: Terminal;
  /** The element around the terminal. */
  host: HTMLElement;
  signal: AbortSignal;
  /** DOM elements have taken over; characters may have another size. */
  onFallback(): void;
}

/**
 * Draws by WebGL where a graphics card does it. Without one, browsers compute every pixel of every
 * frame in software, about half as fast as xterm's drawing with DOM elements: that stays
 * in place there, and comes back when the browser takes its context away, or miscounts device pixels,
 * as Chromium does while it emulates a phone: the drawing would be larger than its canvas. The code for
 * it is loaded where it is of use, and when the terminal already draws.
 */
export async function useWebgl(options: WebglOptions): Promise<void> {
  if (!hasGraphicsCard()) return;
  const { terminal, host, signal, onFallback } = options;
  const module = await import("@xterm/addon-webgl").catch(() => undefined);
  if (!module || signal.aborted) return;
  const addon = new module.WebglAddon();
  const fallBack = (): void => {
    addon.dispose();
    onFallback();
  };
  try {
    terminal.loadAddon(addon);
  } catch {
    // No WebGL 2 after all: the DOM renderer is already in place.
    return;
  }
  addon.onContextLoss(fallBack);
  checkPixels(host, signal, fallBack);
}

/** Asks the browser for a context that it does not compute in software. */
function hasGraphicsCard(): boolean {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (context === null) return false;
  // Chromium gives one all the same when it was started without a graphics process.
  const info = context.getExtension("WEBGL_debug_renderer_info");
  const renderer: unknown = context.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  // Browsers allow a page few contexts at a time.
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return !SOFTWARE_RENDERERS.test(String(renderer));
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
