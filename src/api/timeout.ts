import { TabnixError } from "../../workers/shared/errors.ts";

/** A signal that ends with `timeout` after so many milliseconds, unless it is stopped before. */
export function timedOut(
  milliseconds: number,
  message: string,
  hint = "",
): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new TabnixError("timeout", message, hint)),
    milliseconds,
  );
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
