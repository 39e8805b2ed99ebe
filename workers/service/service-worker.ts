/** The service worker's entry: joins its parts to the browser's events. */
import { files } from "virtual:tabnix-app-files";
import { source as shim } from "virtual:tabnix-preview-shim";
import { AppCache } from "./app/app-cache.ts";
import { AppWorker } from "./app/app-worker.ts";
import { ManifestCache } from "./app/manifest-cache.ts";
import { PreviewWorker } from "./preview-worker.ts";
import { browserClients, openScripts, type WorkerScope } from "./worker-scope.ts";

// The DOM's types, which the rest of the project is checked against, know no service workers.
const worker = self as unknown as WorkerScope;
const { scope } = worker.registration;
const fetchOf = (request: Request) => fetch(request);

const app = new AppWorker({
  scope,
  cache: new AppCache({ files, scope, caches, fetch: fetchOf, openScripts }),
  manifests: new ManifestCache({ scope, caches }),
  fetch: fetchOf,
});
const preview = new PreviewWorker({
  scope,
  ...browserClients(worker.clients),
  userAgent: navigator.userAgent,
  languages: navigator.languages,
  shim,
  otherwise: (event) => app.answer(event),
});

worker.addEventListener("install", (event) => {
  event.waitUntil(app.install().then(() => worker.skipWaiting()));
});
worker.addEventListener("activate", (event) => {
  event.waitUntil(app.activate().then(() => worker.clients.claim()));
});
worker.addEventListener("fetch", (event) => {
  if (!preview.handleFetch(event) && files.version !== "") app.handleFetch(event);
});
worker.addEventListener("message", (event) => {
  const { data, source, ports } = event;
  if (!source) return;
  const reply = (message: unknown) => source.postMessage(message, []);
  event.waitUntil(preview.handleMessage({ data, url: source.url, id: source.id, ports, reply }));
  const answer = (message: unknown) => ports[0]?.postMessage(message);
  event.waitUntil(app.handleMessage(data, source.url, answer));
});
