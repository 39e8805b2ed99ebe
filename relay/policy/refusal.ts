/** What the relay does not do, and what it says then. */

/** A destination that is not connected to. `reason` is one of WISP's close reasons. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: number;

  constructor(reason: number, message: string) {
    super(message);
    this.reason = reason;
  }
}
