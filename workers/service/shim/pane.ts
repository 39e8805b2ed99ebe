import type { FromPaneToPreview, FromPreviewToPane } from "../contract.ts";

/** The Navigation API, which not every browser has. */
interface Navigation extends EventTarget {
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  back(): { committed: Promise<unknown>; finished: Promise<unknown> };
  forward(): { committed: Promise<unknown>; finished: Promise<unknown> };
}

/** Tells the pane around this page where it is and what it is called, and does what its buttons say. */
export function reportToPane(): void {
  if (window.parent === window) return;
  const { navigation } = globalThis as { navigation?: Navigation };
  let last = "";
  let isFirst = true;
  const report = () => {
    const message: FromPreviewToPane = {
      type: "tabnix-preview-page",
      address: location.pathname + location.search + location.hash,
      title: document.title,
      isFirst,
      ...(navigation
        ? { canGoBack: navigation.canGoBack, canGoForward: navigation.canGoForward }
        : {}),
    };
    const text = JSON.stringify({ ...message, isFirst: false });
    // The pane may be on another origin, and nothing of this is a secret of the page.
    if (text !== last) window.parent.postMessage(message, "*");
    last = text;
    isFirst = false;
  };
  report();
  for (const type of ["popstate", "hashchange", "pageshow"]) addEventListener(type, report);
  navigation?.addEventListener("currententrychange", report);
  const watchTitle = () => {
    report();
    const changes = { childList: true, characterData: true, subtree: true };
    new MutationObserver(report).observe(document.head, changes);
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", watchTitle);
  else watchTitle();
  addEventListener("message", ({ data, source }: MessageEvent<FromPaneToPreview>) => {
    if (source !== window.parent) return;
    if (data?.type === "tabnix-preview-reload") location.reload();
    else if (data?.type === "tabnix-preview-go") go(data.delta, navigation);
  });
}

/** Only within this frame, where the browser can: the app's own history is not the page's. */
function go(delta: -1 | 1, navigation: Navigation | undefined): void {
  if (!navigation) {
    history.go(delta);
    return;
  }
  const going = delta === -1 ? navigation.back() : navigation.forward();
  for (const promise of [going.committed, going.finished]) promise.catch(() => {});
}
