/** How every script runs: one entry, one way to fail. */

/** Something the user can put right: one message, and the next step. */
export class Failure extends Error {
  /**
   * @param {string} message what happened
   * @param {string} hint what to do about it
   */
  constructor(message, hint = "") {
    super(message);
    this.hint = hint;
  }
}

/** A child process ended badly after saying why itself: only its status is left to pass on. */
export class ChildFailure extends Error {
  /** @param {number} status exit status, 1 to 255 */
  constructor(status) {
    super(`A command ended with status ${status}.`);
    this.status = status;
  }
}

/**
 * Runs a script's body and turns what it throws into a message and an exit status.
 *
 * @param {() => Promise<void>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (error instanceof ChildFailure) {
      process.exitCode = error.status;
      return;
    }
    process.exitCode = 1;
    if (!(error instanceof Failure)) throw error;
    console.error(`\nerror: ${error.message}`);
    if (error.hint) console.error(`       ${error.hint}`);
  }
}

/**
 * Announces a step. On standard error: standard output belongs to results.
 *
 * @param {string} text
 */
export function step(text) {
  console.error(`▸ ${text}`);
}
