import { WebglAddon } from "@xterm/addon-webgl";
import type { Terminal } from "@xterm/xterm";

/**
 * Draws by WebGL where the browser gives a context. Where it does not, or takes it away later, xterm
 * draws with DOM elements by itself.
 */
export function useWebgl(terminal: Terminal): void {
  try {
    const addon = new WebglAddon();
    addon.onContextLoss(() => addon.dispose());
    terminal.loadAddon(addon);
  } catch {
    // No WebGL 2: the DOM renderer is already in place.
  }
}
