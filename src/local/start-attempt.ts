import { TabnixError } from "../../workers/shared/errors.ts";

/** One try to start a machine: it comes to its prompt, fails, or does not answer in time. */
export class StartAttempt {
  /** Settles with the outcome. */
  readonly outcome: Promise<void>;
  #settled = false;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** False once the outcome is known: late answers of a failed try mean nothing. */
  get isOpen(): boolean {
    return !this.#settled;
  }

  /** Fails unless the machine is ready within so many milliseconds from now. */
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

  succeed(): void {
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
