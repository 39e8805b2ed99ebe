import type { ClipboardSelectionType, IClipboardProvider } from "@xterm/addon-clipboard";
import { TabnixError } from "../../workers/shared/errors.ts";

/**
 * The clipboard as programs reach it by OSC 52: they may set it, as tmux and vim do, but never read
 * it, because any program or file shown could ask.
 */
export const guestClipboard: IClipboardProvider = {
  readText: () => "",
  writeText: (_selection: ClipboardSelectionType, text: string) =>
    navigator.clipboard.writeText(text).catch(() => undefined),
};

/** @throws TabnixError "unsupported" when the browser keeps the clipboard from the page. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch (cause) {
    throw new TabnixError(
      "unsupported",
      "The browser did not let the page copy.",
      "Select the text and choose Copy from the browser's own menu.",
      cause,
    );
  }
}

/** @throws TabnixError "unsupported" when the browser or the visitor says no. */
export async function pastedText(): Promise<string> {
  try {
    return await navigator.clipboard.readText();
  } catch (cause) {
    throw new TabnixError(
      "unsupported",
      "The browser did not let the page read the clipboard.",
      "Allow it when the browser asks, or paste with the browser's own shortcut or menu.",
      cause,
    );
  }
}
