/**
 * WISP's flow control as a server keeps it ("CONTINUE"). A CONTINUE sets the client's credit, whatever is
 * still under way, so a careless server grants ever more. Here half of the buffer is granted each time half
 * of it has come since the last grant and no more than half of it waits: what waits and what may come is
 * then at most 1.5 buffers, and no client runs out of credit for good.
 */

/** A client that was granted a full buffer when its stream was confirmed, and had not waited for it. */
const MAX_BUFFERS = 3;

export class PacketCredit {
  readonly #half: number;
  #received = 0;

  /** @param buffer packets; the initial grant */
  constructor(buffer: number) {
    this.#half = Math.max(1, Math.floor(buffer / 2));
  }

  /**
   * Notes a packet.
   *
   * @param waiting packets that wait, this one included
   * @returns false when the client cannot have kept to its credit
   */
  receive(waiting: number): boolean {
    this.#received++;
    return waiting <= MAX_BUFFERS * 2 * this.#half;
  }

  /**
   * What to grant now.
   *
   * @param waiting packets that still wait
   * @returns packets for a CONTINUE, or 0
   */
  grant(waiting: number): number {
    if (this.#received < this.#half || waiting > this.#half) return 0;
    this.#received = 0;
    return this.#half;
  }
}
