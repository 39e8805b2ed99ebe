/** Where the browser has it, full screen can leave even Ctrl+W and Ctrl+T to the page. */
interface KeyboardLock {
  lock(): Promise<void>;
}

function keyboardLock(): KeyboardLock | undefined {
  return "keyboard" in navigator ? (navigator.keyboard as KeyboardLock) : undefined;
}

/** Enters or leaves full screen. Where a browser refuses, nothing changes. */
export async function toggleFullScreen(): Promise<void> {
  try {
    if (document.fullscreenElement !== null) return await document.exitFullscreen();
    await document.documentElement.requestFullscreen();
    await keyboardLock()?.lock();
  } catch {
    // Refused by the browser or by the page that embeds this one.
  }
}
