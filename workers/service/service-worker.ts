/** The service worker's entry: joins its parts to the browser's events. */
import { source as shim } from "virtual:tabnix-preview-shim";
import { PreviewWorker } from "./preview-worker.ts";
import { browserClients, type WorkerScope } from "./worker-scope.ts";

// The DOM's types, which the rest of the project is checked against, know no service workers.
const worker = self as unknown as WorkerScope;

const preview = new PreviewWorker({
  scope: worker.registration.scope,
  ...browserClients(worker.clients),
  userAgent: navigator.userAgent,
  languages: navigator.languages,
  shim,
});

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => void preview.handleFetch(event));
worker.addEventListener("message", (event) => {
  const { data, source, ports } = event;
  if (!source) return;
  const reply = (message: unknown) => source.postMessage(message, []);
  event.waitUntil(preview.handleMessage({ data, url: source.url, id: source.id, ports, reply }));
});
