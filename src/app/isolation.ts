/**
 * Isolation from other sites, which shared memory needs. Where the host does not send the headers for it,
 * the service worker adds them; the page has to be loaded by it for that, once.
 */
import { registerWorker, serviceWorkers } from "./site-worker.ts";

/** How long the start of the machine may wait for the worker, in milliseconds. */
const WORKER_MS = 10_000;
/** How long an active worker may take to take over the page. */
const CLAIM_MS = 1_000;
/** A page that was loaded again for it this short a time ago is not again. */
const AGAIN_MS = 10_000;

/** Of an entry of the tab's history. */
interface Reloaded {
  /** When the page was loaded again to be isolated; milliseconds since the epoch. */
  tabnixReloaded?: number;
}

/**
 * Isolates the page, if that can be had; it may be loaded again for it, and then this never returns.
 *
 * @param scope path of the site, with a slash at its end
 * @returns why the page is not isolated, for the visitor; undefined when it is
 */
export async function becomeIsolated(scope: string): Promise<string | undefined> {
  if (crossOriginIsolated) return undefined;
  const wasLoadedByWorker = isLoadedByWorker();
  try {
    await inTime(registerWorker(scope), WORKER_MS);
    if (!(await workerIsolates())) return "The server's own headers are against it.";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `The server did not send the headers for it, and the service worker that would add them cannot run: ${reason}`;
  }
  if (wasLoadedByWorker) return "The browser does not isolate this page where it is.";
  const state = history.state as Reloaded | null;
  if (Date.now() - (state?.tabnixReloaded ?? 0) < AGAIN_MS) {
    return "The browser does not isolate this page, though it was told to.";
  }
  history.replaceState({ ...state, tabnixReloaded: Date.now() } satisfies Reloaded, "");
  location.reload();
  return new Promise(() => {});
}

/** Having a worker says nothing: one that another page has brought takes over those that are being loaded. */
function isLoadedByWorker(): boolean {
  const [navigation] = performance.getEntriesByType("navigation");
  const { workerStart } = (navigation ?? {}) as Partial<PerformanceNavigationTiming>;
  return Boolean(serviceWorkers()?.controller) && workerStart !== 0;
}

/** Whether the page would have the headers if it were loaded again. */
async function workerIsolates(): Promise<boolean> {
  const workers = serviceWorkers();
  // One that was active before takes over no page that was loaded past it, as by a forced reload.
  const claimed = new Promise((resolve) =>
    workers?.addEventListener("controllerchange", resolve, { once: true }),
  );
  if (!workers?.controller) await inTime(claimed, CLAIM_MS).catch(() => {});
  if (!workers?.controller) return true;
  const { headers } = await fetch(location.href, { method: "HEAD" });
  return headers.get("cross-origin-embedder-policy") === "require-corp";
}

function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("It takes too long.")), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
