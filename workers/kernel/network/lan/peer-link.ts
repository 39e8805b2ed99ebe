/**
 * Frames between this tab and one other. A BroadcastChannel takes whatever is posted, and has no word for
 * "wait": so each message with frames is answered, and while two are not, frames wait here, up to a limit.
 * What has waited goes together, so messages grow with the load; a lone frame waits for nothing.
 */
import {
  LAN_BATCH_BYTES,
  LAN_BATCH_FRAMES,
  LAN_QUEUE_BYTES,
  LAN_TAKEN_MS,
  LAN_WINDOW_BATCHES,
} from "../../../shared/limits.ts";
import { type Clock, Timer } from "../clock.ts";
import type { LanChannel } from "./channel.ts";
import { type PairMessage, parsePair } from "./contract.ts";

export class PeerLink {
  /** Frames for which there was no room. */
  dropped = 0;
  readonly #channel: LanChannel;
  readonly #onFrame: (frame: Uint8Array) => void;
  readonly #queue: Uint8Array[] = [];
  readonly #lost: Timer;
  #queuedBytes = 0;
  #untaken = 0;

  /** @param onFrame gets what the other sends, unchecked but for its size, in memory of its own */
  constructor(channel: LanChannel, clock: Clock, onFrame: (frame: Uint8Array) => void) {
    this.#channel = channel;
    this.#onFrame = onFrame;
    this.#lost = new Timer(clock, () => {
      this.#untaken = 0;
      this.#flush();
    });
    channel.onmessage = ({ data }) => this.#receive(parsePair(data));
  }

  send(frame: Uint8Array): void {
    if (this.#queuedBytes + frame.length > LAN_QUEUE_BYTES) {
      this.dropped += 1;
      return;
    }
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    this.#flush();
  }

  close(): void {
    this.#lost.clear();
    this.#channel.onmessage = null;
    this.#channel.close();
  }

  #receive(message: PairMessage | undefined): void {
    if (message?.type === "frames") {
      for (const frame of message.frames) this.#onFrame(frame.slice());
      this.#post({ type: "taken" });
    } else if (message?.type === "taken" && this.#untaken > 0) {
      this.#untaken -= 1;
      if (this.#untaken === 0) this.#lost.clear();
      this.#flush();
    }
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#untaken < LAN_WINDOW_BATCHES) {
      this.#untaken += 1;
      this.#lost.set(LAN_TAKEN_MS);
      this.#post({ type: "frames", frames: this.#nextBatch() });
    }
  }

  #nextBatch(): Uint8Array[] {
    let bytes = 0;
    let count = 0;
    for (const { length } of this.#queue) {
      if (count === LAN_BATCH_FRAMES || bytes + length > LAN_BATCH_BYTES) break;
      bytes += length;
      count += 1;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #post(message: PairMessage): void {
    this.#channel.postMessage(message);
  }
}
