/** Pages that the browser keeps when they are left, to show them again as they were. */

/**
 * Ends what has the visitor's files when the page is kept. WebKit keeps pages with their workers and the lock on
 * the files, stopped: then no other page, nor this one's next, could have them.
 *
 * @param holder is not kept alive for it
 */
export function releaseWhenKept(holder: { destroy(): void }): void {
  const held = new WeakRef(holder);
  addEventListener("pagehide", ({ persisted }) => {
    if (persisted) held.deref()?.destroy();
  });
}
