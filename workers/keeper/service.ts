/** The keeper worker's side of workers/keeper/contract.ts. */
import { TabnixError, toErrorMessage } from "../shared/errors.ts";
import type { FromKeeper, ToKeeper } from "./contract.ts";
import type { Keeper } from "./keeper.ts";

export class KeeperService {
  readonly #post: (message: FromKeeper) => void;
  readonly #open: (imagesUrl: string) => Promise<Keeper>;
  #keeper: Promise<Keeper> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(post: (message: FromKeeper) => void, open: (imagesUrl: string) => Promise<Keeper>) {
    this.#post = post;
    this.#open = open;
  }

  /** Takes one message; it is done when those before are. */
  handle(message: ToKeeper): Promise<void> {
    this.#last = this.#last.then(() => this.#do(message));
    return this.#last;
  }

  async #do(message: ToKeeper): Promise<void> {
    if (message.type === "open") {
      this.#keeper = this.#open(message.imagesUrl);
      // Told to whoever asks for something.
      this.#keeper.catch(() => {});
      return;
    }
    try {
      if (!this.#keeper) throw new TabnixError("invalid-input", "The keeper was not opened.");
      const keeper = await this.#keeper;
      if (message.type === "look") {
        this.#post({ type: "states", states: await keeper.look(message.images) });
        return;
      }
      if (message.type === "keep") {
        await keeper.keep(message.image, (kept, total) =>
          this.#post({ type: "progress", kept, total }),
        );
      } else {
        await keeper.remove(message.image, message.others);
      }
      this.#post({ type: "done" });
    } catch (error) {
      this.#post({ type: "failed", error: toErrorMessage(error, "no-access") });
    }
  }
}
