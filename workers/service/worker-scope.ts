/** The parts of a service worker's global scope that are used here, and what is made of them. */
import { PAGE_LOCK } from "./app/contract.ts";
import type { FetchRequest, PreviewWorkerOptions } from "./preview-worker.ts";

interface WorkerClient {
  readonly id: string;
  readonly url: string;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

interface WorkerClients {
  matchAll(options: { type: "window"; includeUncontrolled: true }): Promise<WorkerClient[]>;
  get(id: string): Promise<WorkerClient | undefined>;
  claim(): Promise<void>;
}

interface LifecycleEvent {
  waitUntil(work: Promise<unknown>): void;
}

interface ClientMessageEvent extends LifecycleEvent {
  readonly data: unknown;
  /** Undefined when the page is already gone. */
  readonly source: WorkerClient | null;
  readonly ports: readonly MessagePort[];
}

export interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: WorkerClients;
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: LifecycleEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchRequest) => void): void;
  addEventListener(type: "message", listener: (event: ClientMessageEvent) => void): void;
}

/** What previews need to know of the browser's pages. */
export function browserClients(
  clients: WorkerClients,
): Pick<PreviewWorkerOptions, "pages" | "clientUrl" | "tellClient"> {
  const get = async (id: string) => (id === "" ? undefined : await clients.get(id));
  return {
    pages: {
      // The app's page may have been there before the worker.
      list: () => clients.matchAll({ type: "window", includeUncontrolled: true }),
      isOpen: async (id) => (await get(id)) !== undefined,
    },
    clientUrl: async (id) => (await get(id))?.url,
    tellClient: async (id, message) => (await get(id))?.postMessage(message, []),
  };
}

/** Addresses of the scripts of the app's pages that are open. They hold a lock with its name. */
export async function openScripts(): Promise<string[]> {
  const { held = [] } = await navigator.locks.query();
  return held.flatMap(({ name = "" }) =>
    name.startsWith(PAGE_LOCK) ? [name.slice(PAGE_LOCK.length)] : [],
  );
}
