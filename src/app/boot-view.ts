import type { BootProgress } from "../computer.ts";
import { element } from "./element.ts";
import { formatBytes } from "./format.ts";
import type { KernelLog } from "./kernel-log.ts";

type Stage = BootProgress["stage"];

/** What a stage is called while it runs. */
const STAGE_TEXT: Readonly<Record<Stage, string>> = {
  manifest: "Looking up the image",
  download: "Downloading",
  restore: "Waking the machine",
  boot: "Booting Linux",
  ready: "Ready",
};
/** The stages a start goes through, from a snapshot and from the kernel. */
const FROM_SNAPSHOT: readonly Stage[] = ["manifest", "download", "restore"];
const FROM_KERNEL: readonly Stage[] = ["manifest", "download", "boot"];

/** How far the start has come; with a cold boot, also what the kernel says. */
export class BootView {
  readonly element: HTMLElement;
  readonly #log: KernelLog;
  readonly #stage = element("p", { class: "boot-stage", role: "status" });
  readonly #bar = element("progress", { class: "boot-bar", "aria-label": "Progress of the start" });
  readonly #bytes = element("p", { class: "boot-bytes" });
  readonly #steps = element("ol", { class: "boot-steps", "aria-hidden": "true" });
  readonly #messages = element("pre", {
    class: "kernel-log",
    role: "group",
    tabindex: "0",
    "aria-label": "Kernel messages",
    hidden: true,
  });

  #frame: number | undefined;

  constructor(image: string, log: KernelLog) {
    this.#log = log;
    this.element = element(
      "section",
      { class: "screen boot", "aria-label": "Starting the machine" },
      element(
        "div",
        { class: "screen-content" },
        element("h1", { class: "wordmark" }, "tabnix", element("span", { class: "caret" })),
        element("p", { class: "boot-image" }, `Debian Linux in this tab · ${image}`),
        this.#bar,
        element("div", { class: "boot-line" }, this.#stage, this.#bytes),
        this.#steps,
        this.#messages,
      ),
    );
    this.show({ stage: "manifest", loaded: 0, total: 0, coldBoot: false });
  }

  show(progress: BootProgress): void {
    const { stage, loaded, total, coldBoot } = progress;
    const text = STAGE_TEXT[stage];
    if (this.#stage.textContent !== text) this.#stage.textContent = text;
    // Waking and booting have no length that is known beforehand.
    if (stage === "download" && total > 0) {
      this.#bar.max = total;
      this.#bar.value = Math.min(loaded, total);
    } else this.#bar.removeAttribute("value");
    this.#bytes.textContent = bytesText(loaded, total);
    const stages = coldBoot ? FROM_KERNEL : FROM_SNAPSHOT;
    const reached = stage === "ready" ? stages.length : stages.indexOf(stage);
    this.#steps.replaceChildren(
      ...stages.map((name, index) =>
        element("li", { class: stepClass(index - reached) }, STAGE_TEXT[name]),
      ),
    );
    this.#messages.hidden = !coldBoot;
  }

  /** The log has grown. It is drawn once a frame, however many messages come. */
  showLog(): void {
    if (this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#drawLog();
    });
  }

  /** Stays at the end of the log unless the visitor has scrolled up. */
  #drawLog(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#messages;
    const atEnd = scrollHeight - clientHeight - scrollTop < clientHeight / 2;
    this.#messages.textContent = this.#log.toString();
    if (atEnd) this.#messages.scrollTop = this.#messages.scrollHeight;
  }
}

function bytesText(loaded: number, total: number): string {
  if (loaded === 0 && total === 0) return "";
  return total > 0 ? `${formatBytes(loaded)} of ${formatBytes(total)}` : formatBytes(loaded);
}

function stepClass(distance: number): string {
  if (distance < 0) return "done";
  return distance === 0 ? "current" : "ahead";
}
