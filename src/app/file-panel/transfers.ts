import { button, element } from "../element.ts";
import { formatBytes } from "../format.ts";

/** How far work on files is; what the work tells of itself. */
export interface Progress {
  readonly signal: AbortSignal;
  /** What there is to do, when it is known. */
  readonly expect: (total: { bytes: number; files: number }) => void;
  /** So many bytes more are done. */
  readonly onBytes: (bytes: number) => void;
  /** So many files more are done. */
  readonly onFiles: (files: number) => void;
}

/** Work that is under way, a line each: what it does, how far it is, and a button that ends it. */
export class Transfers {
  readonly element = element("div", {
    class: "transfers",
    role: "group",
    "aria-label": "Transfers",
  });
  #count = 0;

  /** Some work is under way. */
  get isBusy(): boolean {
    return this.#count > 0;
  }

  /** Shows work until it ends. @throws what the work throws; an AbortError when it was cancelled */
  async run<Result>(title: string, work: (progress: Progress) => Promise<Result>): Promise<Result> {
    const line = new Line(title);
    this.#count += 1;
    this.element.append(line.element);
    try {
      return await work(line);
    } finally {
      this.#count -= 1;
      line.element.remove();
    }
  }
}

class Line implements Progress {
  readonly element: HTMLElement;
  readonly #abort = new AbortController();
  readonly #bar: HTMLProgressElement;
  readonly #text = element("span", { class: "transfer-text" });
  #done = { bytes: 0, files: 0 };
  #total = { bytes: 0, files: 0 };

  constructor(title: string) {
    this.#bar = element("progress", { class: "transfer-bar", "aria-label": title });
    this.element = element(
      "div",
      { class: "transfer" },
      element("span", { class: "transfer-title" }, title),
      this.#text,
      button({ label: "Cancel", onPress: () => this.#abort.abort() }),
      this.#bar,
    );
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  readonly expect = (total: { bytes: number; files: number }): void => {
    this.#total = total;
    this.#show();
  };

  readonly onBytes = (bytes: number): void => {
    this.#done.bytes += bytes;
    this.#show();
  };

  readonly onFiles = (files: number): void => {
    this.#done.files += files;
    this.#show();
  };

  #show(): void {
    const { bytes, files } = this.#total;
    if (bytes + files === 0) {
      this.#text.textContent = `${this.#done.files} files`;
      return;
    }
    const parts = [];
    if (bytes > 0) parts.push(`${formatBytes(this.#done.bytes)} of ${formatBytes(bytes)}`);
    if (files > 1) parts.push(`${this.#done.files} of ${files} files`);
    this.#text.textContent = parts.join(", ");
    // By bytes, or where there are none by files.
    this.#bar.max = bytes > 0 ? bytes : Math.max(1, files);
    this.#bar.value = Math.min(bytes > 0 ? this.#done.bytes : this.#done.files, this.#bar.max);
  }
}
