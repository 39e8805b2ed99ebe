import type { ErrorCode, TabnixError } from "../../workers/shared/errors.ts";
import { button, element } from "./element.ts";

/** Failures that a start without the snapshot may get around. */
const SNAPSHOT_CODES: ReadonlySet<ErrorCode> = new Set([
  "corrupt",
  "malformed",
  "wrong-version",
  "guest-failed",
]);

/** Failures that a start on the image's own files may get around. The saved ones stay as they are. */
const DISK_CODES: ReadonlySet<ErrorCode> = new Set([
  "malformed",
  "no-access",
  "wrong-version",
  "guest-failed",
]);

export interface FailureViewOptions {
  error: TabnixError;
  /** Name of the image. */
  image: string;
  /** The last kernel messages; may be empty. */
  log: string;
  /** There was a prompt before. */
  hasStarted: boolean;
  /** The start that failed was already one without the snapshot. */
  coldBoot: boolean;
  /** The start was on files of earlier visits. */
  saved: boolean;
  onRetry(): void;
  onColdBoot(): void;
  onUnsaved(): void;
}

/** What went wrong, what to do about it, and what to put into a report. */
export function failureView(options: FailureViewOptions): HTMLElement {
  const { error, image, log, hasStarted, coldBoot, saved } = options;
  const { onRetry, onColdBoot, onUnsaved } = options;
  const actions = [button({ label: "Try again", class: "button primary", onPress: onRetry })];
  if (!coldBoot && SNAPSHOT_CODES.has(error.code)) {
    actions.push(button({ label: "Start without the snapshot", onPress: onColdBoot }));
  }
  if (saved && DISK_CODES.has(error.code)) {
    actions.push(button({ label: "Start without the saved files", onPress: onUnsaved }));
  }
  const details = [
    `code: ${error.code}`,
    `image: ${image}`,
    `start: ${coldBoot ? "from the kernel" : "from the snapshot"}`,
    `isolated: ${crossOriginIsolated ? "yes" : "no"}`,
    `browser: ${navigator.userAgent}`,
    ...(log.trim() === "" ? [] : ["", log.trim()]),
  ].join("\n");
  return element(
    "section",
    { class: "screen failure", role: "alert", "aria-labelledby": "failure-title" },
    element(
      "div",
      { class: "screen-content" },
      element(
        "h1",
        { id: "failure-title" },
        hasStarted ? "The machine stopped" : "The machine did not start",
      ),
      element("p", { class: "failure-message" }, error.message),
      ...(error.hint === "" ? [] : [element("p", { class: "failure-hint" }, error.hint)]),
      element("div", { class: "actions" }, ...actions),
      element(
        "details",
        {},
        element("summary", {}, "Details"),
        element(
          "pre",
          { class: "kernel-log", role: "group", tabindex: "0", "aria-label": "Details" },
          details,
        ),
      ),
    ),
  );
}
