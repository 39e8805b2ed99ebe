/** Keeps the app for when there is no network, and tells when there is a new version of it. */
import {
  type FromServiceWorker,
  PAGE_LOCK,
  type ToServiceWorker,
} from "../../workers/service/app/contract.ts";
import { registerWorker, serviceWorkers } from "./site-worker.ts";

/** How often a page that stays open asks for a new version, in milliseconds. */
const UPDATE_MS = 60 * 60 * 1000;
/** How long the app may take to be kept before the page says that it is not yet, in milliseconds. */
const LATE_MS = 60_000;

/** What is kept of the app; undefined while it is not known. */
export type OfflineState = { isKept: true } | { isKept: false; reason: string };

export interface OfflineOptions {
  /** Path of the site, with a slash at its end. */
  scope: string;
  onState(state: OfflineState): void;
  /** Another version has taken the place of this one's; this page goes on with what it has. */
  onUpdate(): void;
}

/** Says that this page's version is in use, for as long as the page lives. @param script of the page */
export function holdVersion(script: string): void {
  const forever = () => new Promise<void>(() => {});
  // Without locks no page's files are kept under another version: it has what it has loaded.
  navigator.locks?.request(PAGE_LOCK + script, { mode: "shared" }, forever).catch(() => {});
}

/** Begins to keep the app. When the machine runs: what is fetched for it would make that wait. */
export async function keepOffline(options: OfflineOptions): Promise<void> {
  try {
    const workers = serviceWorkers();
    let current = workers?.controller;
    workers?.addEventListener("controllerchange", () => {
      // The first one replaces nothing.
      if (current) options.onUpdate();
      current = workers.controller;
    });
    const registration = await registerWorker(options.scope);
    setInterval(() => registration.update().catch(() => {}), UPDATE_MS);
    const late = setTimeout(() => {
      options.onState({ isKept: false, reason: "The browser has not finished keeping it." });
    }, LATE_MS);
    options.onState(await ask(registration.active));
    clearTimeout(late);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    options.onState({ isKept: false, reason });
  }
}

function ask(worker: ServiceWorker | null): Promise<OfflineState> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<FromServiceWorker>) => {
      port1.close();
      resolve(
        data.type === "tabnix-app-kept" ? { isKept: true } : { isKept: false, reason: data.reason },
      );
    };
    const message: ToServiceWorker = { type: "tabnix-app-keep" };
    worker?.postMessage(message, [port2]);
  });
}
