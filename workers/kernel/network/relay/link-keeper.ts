/** Keeps one connection to a relay: opens it, opens it anew with growing pauses, and says how it stands. */
import { NetworkError } from "../../../shared/byte-stream.ts";
import { RELAY_RETRY_MAX_MS, RELAY_RETRY_MS } from "../../../shared/limits.ts";

/** How the connection to a relay stands. */
export type RelayState<Online> =
  /** Nothing has asked for it yet, or it was closed by its owner. */
  | { state: "idle" }
  | { state: "connecting" }
  | { state: "online"; server: Online }
  /** `reason` is a sentence for people; it is tried again after `retryMs`, or never when undefined. */
  | { state: "offline"; reason: string; retryMs: number | undefined };

/** What a connection tells its keeper; each at most once, `gone` last. */
export interface LinkEvents<Online> {
  online(server: Online): void;
  /**
   * @param reason a sentence for people
   * @param again "never" where trying again cannot help, "now" where another way is left to try
   */
  gone(reason: string, again?: "never" | "now"): void;
}

/** One connection, from its first attempt on. */
export interface Link {
  /** Ends it; its events may still come. */
  close(): void;
}

interface Waiter<L> {
  resolve(link: L): void;
  reject(error: NetworkError): void;
}

/** `open` makes a connection and begins to open it. */
export class LinkKeeper<L extends Link, Online> {
  readonly #open: (events: LinkEvents<Online>) => L;
  readonly #onState: (state: RelayState<Online>) => void;
  #state: RelayState<Online> = { state: "idle" };
  #link: L | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiters: Waiter<L>[] = [];

  constructor(
    open: (events: LinkEvents<Online>) => L,
    onState: (state: RelayState<Online>) => void,
  ) {
    this.#open = open;
    this.#onState = onState;
  }

  get state(): RelayState<Online> {
    return this.#state;
  }

  /** Connects, if it does not already; while it is offline, at once. */
  start(): void {
    if (this.#state.state === "connecting" || this.#state.state === "online") return;
    clearTimeout(this.#timer);
    this.#attempt();
  }

  /** Ends the connection and all attempts. */
  stop(): void {
    clearTimeout(this.#timer);
    const link = this.#link;
    this.#link = undefined;
    link?.close();
    this.#set({ state: "idle" });
    this.#rejectWaiters("The connection to the relay was closed.");
  }

  /**
   * The connection once it is there: after the attempt that is under way, or a first one.
   *
   * @throws NetworkError ENETUNREACH when that fails, and while it is offline
   */
  online(): Promise<L> {
    if (this.#state.state === "online" && this.#link) return Promise.resolve(this.#link);
    if (this.#state.state === "offline") {
      return Promise.reject(new NetworkError("ENETUNREACH", this.#state.reason));
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.start();
    });
  }

  #attempt(): void {
    this.#set({ state: "connecting" });
    // A connection that was replaced or stopped has nothing to say any more.
    let link: L | undefined;
    const current = () => link !== undefined && this.#link === link;
    try {
      link = this.#open({
        online: (server) => {
          if (!current()) return;
          this.#failures = 0;
          this.#set({ state: "online", server });
          for (const waiter of this.#waiters.splice(0)) waiter.resolve(link!);
        },
        gone: (reason, again) => {
          if (!current()) return;
          this.#link = undefined;
          if (again === "now") this.#attempt();
          else this.#rest(reason, again === "never");
        },
      });
    } catch (error) {
      // No WebSocket takes the address or the token: `ws:` from a page that came by HTTPS, for example.
      const why = error instanceof Error ? error.message : String(error);
      this.#rest(`The browser refuses the relay's address or token: ${why}`, true);
      return;
    }
    this.#link = link;
  }

  #rest(reason: string, forGood: boolean): void {
    const pause = Math.min(RELAY_RETRY_MAX_MS, RELAY_RETRY_MS * 2 ** this.#failures++);
    // Tabs that lost the same relay do not come back to it all at once.
    const retryMs = forGood ? undefined : Math.round(pause * (0.5 + Math.random() / 2));
    if (retryMs !== undefined) this.#timer = setTimeout(() => this.#attempt(), retryMs);
    this.#set({ state: "offline", reason, retryMs });
    this.#rejectWaiters(reason);
  }

  #rejectWaiters(reason: string): void {
    for (const waiter of this.#waiters.splice(0)) {
      waiter.reject(new NetworkError("ENETUNREACH", reason));
    }
  }

  #set(state: RelayState<Online>): void {
    this.#state = state;
    this.#onState(state);
  }
}
