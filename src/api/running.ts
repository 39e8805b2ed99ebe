import { TabnixError } from "../../workers/shared/errors.ts";
import type { SandboxEngine } from "./engine.ts";

export function notRunning(): TabnixError {
  return new TabnixError(
    "guest-failed",
    "The sandbox's machine does not run: it was switched off, or has failed.",
    "Create another sandbox.",
  );
}

/** Calls back when the machine has stopped, and not to start again at once. */
export function onStopped(engine: SandboxEngine, callback: () => void): void {
  engine.on("state", () => {
    // A reboot stops it too, and starts it in the same turn.
    queueMicrotask(() => {
      if (engine.state === "stopped" || engine.state === "failed") callback();
    });
  });
}
