/** The site's service worker, as pages of the app see it. */

const FILE = "service-worker.js";

/** Undefined where the browser has none, or forbids them here: in some frames even looking throws. */
export function serviceWorkers(): ServiceWorkerContainer | undefined {
  try {
    return navigator.serviceWorker;
  } catch {
    return undefined;
  }
}

/**
 * Registers the worker of a site, unless it is, and waits until it is active.
 *
 * @param scope path of the site, with a slash at its end
 * @throws Error when the page may have none, or it was refused; TypeError when it could not be fetched
 */
export async function registerWorker(scope: string): Promise<ServiceWorkerRegistration> {
  const workers = serviceWorkers();
  if (!workers) throw new Error("This page may have no service worker.");
  const registration = await workers.register(scope + FILE, { scope });
  await activated(registration);
  return registration;
}

async function activated({ active, waiting, installing }: ServiceWorkerRegistration) {
  const worker = active ?? waiting ?? installing;
  if (!worker || worker.state === "activated") return;
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve();
      if (worker.state === "redundant") reject(new Error("The worker was refused."));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}
