/** Messages of the service worker with the pages of the app and with pages of previews. */
import type { FromWebSocket, ToWebSocket } from "../kernel/network/preview/contract.ts";

/** Service worker → pages of the app, with a port: who runs this machine gives the port to its gateway. */
export interface ToAppPage {
  type: "tabnix-preview-connect";
  machine: string;
}

/** Page of the app → service worker, on that port, if it does not lead to a machine. */
export type FromAppPage =
  | { type: "not-here" }
  /** It is this page's machine; `isStarting` when it will run by itself. */
  | { type: "not-running"; isStarting: boolean };

/** Page of the app → service worker: its machine, as it was, is gone; another way to it has to be found. */
export interface FromAppPageUnasked {
  type: "tabnix-preview-gone";
}

/** Page of a preview → service worker. It is not trusted: which machine it is of, its address tells. */
export type FromPreviewPage =
  | { type: "tabnix-preview-cookie"; path: string; cookie: string; sequence: number }
  /** With a port, on which {@link ToWebSocket} and {@link FromWebSocket} go. */
  | { type: "tabnix-preview-websocket"; port: number; target: string; protocols: string[] };

/** Service worker → page of a preview. */
export interface ToPreviewPage {
  type: "tabnix-preview-cookies";
  cookies: string;
  /** Of the assignment that it answers; undefined when a server has set cookies. */
  sequence?: number;
}

/** Page of a preview → the pane around it. Shown, never believed. */
export interface FromPreviewToPane {
  type: "tabnix-preview-page";
  /** Path, query and fragment on this origin. */
  address: string;
  title: string;
  /** It is the first that this document tells. */
  isFirst: boolean;
  /** Undefined where the browser does not tell. */
  canGoBack?: boolean;
  canGoForward?: boolean;
}

/** Pane → page of a preview. */
export type FromPaneToPreview =
  | { type: "tabnix-preview-go"; delta: -1 | 1 }
  | { type: "tabnix-preview-reload" };

/** The document that shows whether panes are isolated → the page around it. */
export interface FromProbe {
  type: "tabnix-preview-probe";
  reachesParent: boolean;
}

/** The page of a separate preview site → the app around it: it is ready, or why not. */
export interface FromBridgeReady {
  type: "tabnix-preview-bridge";
  /** Empty when it is ready. */
  error: string;
}

/** The same page → the app: what its service worker asks, with its port. */
export type FromBridge = ToAppPage;

/** What the script in a preview's page starts from. */
export interface ShimConfig {
  /** Path of the site, with a slash at its end. */
  scope: string;
  machine: string;
  port: number;
  /** What document.cookie is when the page begins. */
  cookies: string;
}

export type { FromWebSocket, ToWebSocket };
