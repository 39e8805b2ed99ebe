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
    // A frame needs the leave of the page around it for that, and for this only that the visitor acted.
    if (copyByCommand(text)) return;
    throw new TabnixError(
      "unsupported",
      "The browser did not let the page copy.",
      "Select the text and choose Copy from the browser's own menu.",
      cause,
    );
  }
}

function copyByCommand(text: string): boolean {
  const give = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    // The terminal would give its selection.
    event.stopImmediatePropagation();
  };
  document.addEventListener("copy", give, { capture: true });
  const isDone = document.execCommand("copy");
  document.removeEventListener("copy", give, { capture: true });
  return isDone;
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
