/** The page's side of the worker that keeps whole images. */

import type { FromKeeper, ImageState, ToKeeper } from "../../workers/keeper/contract.ts";
import { fromErrorMessage } from "../../workers/shared/errors.ts";

/** What of a worker is used. */
export interface KeeperThread {
  post(message: ToKeeper): void;
  onMessage: (message: FromKeeper) => void;
  terminate(): void;
}

type Answer = Exclude<FromKeeper, { type: "progress" }>;

export class KeeperLink {
  readonly #thread: KeeperThread;
  /** The call that is under way. */
  #waiting:
    | { settle(answer: Answer): void; onProgress(kept: number, total: number): void }
    | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param imagesUrl the folder `images/` of the site, absolute, with a slash at its end */
  constructor(thread: KeeperThread, imagesUrl: string) {
    this.#thread = thread;
    thread.onMessage = (message) => {
      if (message.type === "progress") this.#waiting?.onProgress(message.kept, message.total);
      else this.#waiting?.settle(message);
    };
    thread.post({ type: "open", imagesUrl });
  }

  /** How much of each image is kept. @throws TabnixError */
  async look(images: readonly string[]): Promise<readonly ImageState[]> {
    const answer = await this.#call({ type: "look", images });
    return answer.type === "states" ? answer.states : [];
  }

  /** @param onProgress compressed bytes that are there, and of how many. @throws TabnixError */
  async keep(image: string, onProgress: (kept: number, total: number) => void): Promise<void> {
    await this.#call({ type: "keep", image }, onProgress);
  }

  /** @param others images that stay whole. @throws TabnixError */
  async remove(image: string, others: readonly string[]): Promise<void> {
    await this.#call({ type: "remove", image, others });
  }

  /** Ends what is under way; what was fetched stays. */
  close(): void {
    this.#thread.terminate();
  }

  #call(message: ToKeeper, onProgress = (_kept: number, _total: number) => {}): Promise<Answer> {
    const answer = this.#last.then(
      () =>
        new Promise<Answer>((resolve, reject) => {
          const settle = (found: Answer) => {
            this.#waiting = undefined;
            if (found.type === "failed") reject(fromErrorMessage(found.error));
            else resolve(found);
          };
          this.#waiting = { settle, onProgress };
          this.#thread.post(message);
        }),
    );
    this.#last = answer.catch(() => {});
    return answer;
  }
}

/** A worker of this page. */
export function keeperThread(): KeeperThread {
  const worker = new Worker(new URL("../../workers/keeper/worker.ts", import.meta.url), {
    type: "module",
    name: "keeper",
  });
  const thread: KeeperThread = {
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    terminate: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<FromKeeper>) => thread.onMessage(data);
  return thread;
}
