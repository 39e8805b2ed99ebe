import { TabnixError } from "../../workers/shared/errors.ts";

/** What a start needs: a machine may have its prompt before the files are open, for a snapshot reads none. */
export type StartPart = "files" | "machine";

/** One try to start a machine: it comes to its prompt, with its files, fails, or does not answer in time. */
export class StartAttempt {
  /** Settles with the outcome. */
  readonly outcome: Promise<void>;
  readonly #awaited: Set<StartPart>;
  #settled = false;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #deadline: ReturnType<typeof setTimeout> | undefined;

  /** @param parts without which it has not started */
  constructor(parts: readonly StartPart[]) {
    this.#awaited = new Set(parts);
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** False once the outcome is known: late answers of a failed try mean nothing. */
  get isOpen(): boolean {
    return !this.#settled;
  }

  /** Fails unless all is ready within so many milliseconds from now. */
  expectWithin(milliseconds: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      this.fail(
        new TabnixError(
          "guest-failed",
          `The machine did not answer within ${milliseconds / 1000} seconds.`,
          "Try again, or start without the snapshot. A very slow device may need another try.",
        ),
      );
    }, milliseconds);
  }

  /** Another one is started in the place of what may have been ready. */
  awaitAgain(part: StartPart): void {
    this.#awaited.add(part);
  }

  ready(part: StartPart): void {
    if (part === "machine") clearTimeout(this.#deadline);
    this.#awaited.delete(part);
    if (this.#awaited.size > 0) return;
    this.#settle();
    this.#resolve();
  }

  fail(error: unknown): void {
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#deadline);
  }
}
