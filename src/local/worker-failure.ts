import { TabnixError } from "../../workers/shared/errors.ts";

/** What a worker's error event means: it could not start, or an error in it was caught by nobody. */
export function workerFailure(name: string, event: ErrorEvent): TabnixError {
  const started = Boolean(event.message);
  return new TabnixError(
    "guest-failed",
    `The ${name} worker ${started ? `failed: ${event.message}` : "could not be started"}.`,
    started
      ? "Start the machine again; if it happens every time, please report it."
      : "Reload the page; if it stays, this browser may lack module workers.",
  );
}
