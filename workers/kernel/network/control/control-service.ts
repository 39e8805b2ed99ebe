/** The gateway's service for programs of the guest that give a port a public address: `tabnix-share`. */
import type { ByteStream } from "../../../shared/byte-stream.ts";
import { CONTROL_REQUEST_MS, MAX_CONTROL_CONNECTIONS } from "../../../shared/limits.ts";
import { type Clock, realClock } from "../clock.ts";
import type { ShareFollower } from "../shares.ts";
import { AnswerWriter } from "./answer-writer.ts";
import {
  ONE_ONLY,
  parseRequest,
  RequestReader,
  ShareRefusal,
  type ShareRequest,
} from "./protocol.ts";

export interface ControlServiceOptions {
  /**
   * Gives a port a public address. @returns what ends it
   * @throws ShareRefusal
   */
  share(request: ShareRequest, follower: ShareFollower): () => void;
  clock?: Clock;
}

export class ControlService {
  readonly #options: ControlServiceOptions;
  readonly #clock: Clock;
  #connections = 0;

  constructor(options: ControlServiceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
  }

  /** There is no room for another connection. */
  get isFull(): boolean {
    return this.#connections >= MAX_CONTROL_CONNECTIONS;
  }

  /** Serves a connection until it is over; what it shares ends with it. Never rejects. */
  async serve(stream: ByteStream): Promise<void> {
    const answers = new AnswerWriter(stream);
    let close = () => {};
    let cancel = () => {};
    // Who does not ask, or does not go, would keep others out.
    const expectWithin = () => {
      cancel();
      cancel = this.#clock.after(CONTROL_REQUEST_MS, () => stream.abort());
    };
    const finish = (answer: Parameters<AnswerWriter["end"]>[0]) => {
      answers.end(answer);
      expectWithin();
    };
    this.#connections++;
    try {
      expectWithin();
      const line = await readLine(stream);
      if (line !== undefined) {
        cancel();
        close = this.#options.share(parseRequest(line), {
          online: (address) => answers.say({ word: "public", text: address }),
          away: (reason) => answers.say({ word: "away", text: reason }),
          ended: ({ isFailure, text }) => finish({ word: isFailure ? "error" : "ended", text }),
        });
        if (await stream.read()) throw new ShareRefusal(ONE_ONLY);
      }
      answers.end();
    } catch (error) {
      if (error instanceof ShareRefusal) answers.end({ word: "error", text: error.message });
      else stream.abort();
    } finally {
      close();
      await this.#drain(stream, expectWithin);
      cancel();
      this.#connections--;
    }
  }

  /** Waits for the other end to close, so that the last answer is not cut off by a reset. */
  async #drain(stream: ByteStream, expectWithin: () => void): Promise<void> {
    expectWithin();
    try {
      while (await stream.read()) {}
    } catch {
      // It is over either way.
    }
  }
}

/** @returns undefined where the connection ends before */
async function readLine(stream: ByteStream): Promise<string | undefined> {
  const reader = new RequestReader();
  for (let bytes = await stream.read(); bytes; bytes = await stream.read()) {
    const line = reader.push(bytes);
    if (line !== undefined) return line;
  }
  return undefined;
}
