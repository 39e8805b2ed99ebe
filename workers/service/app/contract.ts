/** Messages between pages of the app and the service worker about the app itself. */

/** Page of the app → service worker, with a port for the answer: keep all that is needed without a network. */
export interface ToServiceWorker {
  type: "tabnix-app-keep";
}

/** Service worker → page of the app, on that port. */
export type FromServiceWorker =
  | { type: "tabnix-app-kept" }
  | { type: "tabnix-app-not-kept"; reason: string };

/** Web Lock that a page of the app holds, with the address of its script: its version is still in use. */
export const PAGE_LOCK = "tabnix-page ";
